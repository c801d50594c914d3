import { ASIDE_STREAM, SCHEDULE_STREAM, STREAM } from '../connection/stream.js';
import { SCANS, scanName } from './consumers.js';
import type { UserRights } from './rights.js';

const API = '$JS.API';
/** What the API's subjects are called in the accounts of the users: each has an API of its own under the server's name for it. */
export const API_PREFIX = 'EDGEFLOW.API';

/** How the log's account answers a request: once, or several times until nothing came for so long. */
export interface Request {
  subject: string;
  /** Set for many answers: after so long without one the server forgets the request. */
  answers_for?: string;
}

/** Requests to the JetStream API, as the log's account knows them. */
export function apiRequests({ user, reads, durables }: UserRights): Request[] {
  if (!reads) return [];
  const scans = Array.from({ length: SCANS }, (_, slot) => scanName(user, slot));
  return [
    ...[STREAM, SCHEDULE_STREAM, ASIDE_STREAM].map((stream) => ({ subject: `${API}.STREAM.INFO.${stream}` })),
    { subject: `${API}.DIRECT.GET.${STREAM}`, answers_for: '30s' },
    { subject: `${API}.DIRECT.GET.${ASIDE_STREAM}`, answers_for: '30s' },
    { subject: `${API}.DIRECT.GET.${STREAM}.>` },
    ...[...durables, ...scans].flatMap(consumerRequests),
  ];
}

function consumerRequests(consumer: string): Request[] {
  return [
    ...['DURABLE.CREATE', 'INFO', 'DELETE'].map((verb) => ({
      subject: `${API}.CONSUMER.${verb}.${STREAM}.${consumer}`,
    })),
    { subject: `${API}.CONSUMER.MSG.NEXT.${STREAM}.${consumer}`, answers_for: '60s' },
  ];
}

/** What a user publishes that is no request to the API: events, acknowledgements, what is set aside. */
export function messages({ writes, durables }: UserRights): string[] {
  return [
    ...writes,
    ...durables.map((durable) => `$JS.ACK.${STREAM}.${durable}.>`),
    ...durables.map((durable) => `aside.*.${durable}`),
  ];
}

/** A subject of the API as a user's account knows it. */
export function imported(subject: string): string {
  return subject.startsWith(`${API}.`) ? API_PREFIX + subject.slice(API.length) : subject;
}

/** Everything that a user may publish to, by the names that it uses. */
export function publishSubjects(rights: UserRights): string[] {
  return [...messages(rights), ...apiRequests(rights).map(({ subject }) => imported(subject))];
}

/** Everything that a user may subscribe to. */
export function subscribeSubjects({ user, listens }: UserRights): string[] {
  return [`_INBOX_${user}.>`, ...listens];
}
