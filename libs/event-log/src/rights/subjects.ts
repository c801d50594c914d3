import { DEAD_LETTER_STREAM, STREAM } from '../connection/stream.js';
import { LEASE_STREAM } from '../gateway-leases/lease-stream.js';
import { INBOX_DURABLE, inboxSubject } from '../inbox/inbox-stream.js';
import { foldConsumers, scanNames, tailNames } from './consumers.js';
import type { UserRights } from './rights.js';

/** What teams are answered on: `answers.{org}.{request_id}.{Type}`. It stays outside of the log's account. */
export const ANSWERS = 'answers.';

const API = '$JS.API';
/** What the API's subjects are called in the accounts of the users: each has an API of its own under the server's name for it. */
export const API_PREFIX = 'EDGEFLOW.API';

/** Something that a user asks of the log's account, and how that answers: once, or several times until nothing came for so long. */
export interface Request {
  /** As the log's account knows it. */
  subject: string;
  /** As the user's account knows it. */
  local: string;
  /** Set for many answers: after so long without one the server forgets the request. */
  answers_for?: string;
}

/** What a user asks of the JetStream API. */
function apiRequests({ user, reads, tails, folds = [], takes_in, holds_lease, inspects = [] }: UserRights): Request[] {
  const readers = [...scanNames(user), ...(tails ? tailNames(user) : [])];
  const reading = [
    ...[STREAM, DEAD_LETTER_STREAM].map((stream) => api(`STREAM.INFO.${stream}`)),
    ...directGets(STREAM),
    api(`DIRECT.GET.${DEAD_LETTER_STREAM}`, '30s'),
    ...[...folds.flatMap(foldConsumers), ...readers].flatMap((consumer) => consumerRequests(STREAM, consumer)),
  ];
  return [
    ...(reads ? reading : []),
    ...(takes_in ? inboxRequests : []),
    ...(holds_lease ? leaseRequests : []),
    ...inspects.flatMap((stream) => inspection(stream, `scan-${user}-0`)),
  ];
}

function api(call: string, answers_for?: string): Request {
  return { subject: `${API}.${call}`, local: `${API_PREFIX}.${call}`, ...(answers_for && { answers_for }) };
}

function directGets(stream: string): Request[] {
  return [api(`DIRECT.GET.${stream}`, '30s'), api(`DIRECT.GET.${stream}.>`)];
}

function consumerRequests(stream: string, consumer: string): Request[] {
  return [
    ...['DURABLE.CREATE', 'INFO', 'DELETE'].map((verb) => api(`CONSUMER.${verb}.${stream}.${consumer}`)),
    api(`CONSUMER.MSG.NEXT.${stream}.${consumer}`, '60s'),
  ];
}

/** Which inboxes there are, and what lies in them; the consumers are made with the streams. */
const inboxRequests: readonly Request[] = [
  api('STREAM.NAMES'),
  api(`CONSUMER.INFO.*.${INBOX_DURABLE}`),
  api(`CONSUMER.MSG.NEXT.*.${INBOX_DURABLE}`, '60s'),
];

/** Whether there is a stream for leases, one of them, and all of them. */
const leaseRequests: readonly Request[] = [
  api(`STREAM.INFO.${LEASE_STREAM}`),
  api(`STREAM.MSG.GET.${LEASE_STREAM}`),
  api(`DIRECT.GET.${LEASE_STREAM}`, '30s'),
];

/** A message by its sequence or its subject, the old way and the direct one, and all of them by a consumer. */
function inspection(stream: string, consumer: string): Request[] {
  return [
    api(`STREAM.MSG.GET.${stream}`),
    api(`DIRECT.GET.${stream}.>`),
    api(`CONSUMER.CREATE.${stream}.${consumer}`),
    ...consumerRequests(stream, consumer),
  ];
}

/** What a user publishes that is no request to the API: events, requests of a team, acknowledgements, what is set aside. */
function messages({ writes, folds = [], asks_for, takes_in }: UserRights): Request[] {
  if (asks_for !== undefined) return writes.map((local) => ({ subject: inboxSubject(asks_for), local }));
  const same = [
    ...writes,
    ...folds.flatMap(foldConsumers).map((durable) => `$JS.ACK.${STREAM}.${durable}.>`),
    ...folds.map((fold) => `aside.*.${fold}`),
    ...(takes_in ? [`$JS.ACK.*.${INBOX_DURABLE}.>`] : []),
  ];
  return same.map((subject) => ({ subject, local: subject }));
}

/** All that a user sends to the log's account. */
export function requests(rights: UserRights): Request[] {
  return [...messages(rights), ...apiRequests(rights)];
}

/** Everything that a user may publish to, by the names that it uses. */
export function publishSubjects(rights: UserRights): string[] {
  return [...requests(rights).map(({ local }) => local), ...(rights.takes_in ? [`${ANSWERS}*.*.*`] : [])];
}

/** Everything that a user may subscribe to. */
export function subscribeSubjects({ user, listens }: UserRights): string[] {
  return [`_INBOX_${user}.>`, ...listens];
}
