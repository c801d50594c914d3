import { isDeepStrictEqual } from 'node:util';
import { Refused, isRequest, unreachable, type RequestName, type StoredEvent, given } from '@edgeflow/contracts';
import type { DataOf, Decided, Decider, EventOf, Fact, FactOf } from '@edgeflow/contracts';

type RequestFact = Fact<RequestName>;

/** What stands on the stream of a request. */
export interface RequestState {
  /** The request; `taken`: something else stands there, perhaps in words that this build does not know. */
  request:
    | { status: 'none' }
    | { status: 'taken' }
    | { status: 'asked'; position: number; source: string; violation?: string; fact: RequestFact };
  /** True when it has its answer. */
  answered: boolean;
  /** Ids of the events that stand there and can be read: a refusal is stored once, and there are not endless ones. */
  ids: readonly string[];
}

export type RequestCommand =
  /** Somebody asks. */
  | { type: 'Ask'; request_id: string; fact: RequestFact }
  /** What can be answered at once is, where that was not done when it was asked. */
  | { type: 'Answer'; request_id: string }
  /** A message is not taken. @param id of the event that says so */
  | { type: 'Refuse'; id: string; refusal: DataOf<'RequestRefused'> };

/** Refusals that are stored of messages under one id; further ones are answered all the same. */
const REFUSALS = 20;

/** A request, on its own stream, as far as it is answered there: what it leads to stands elsewhere. */
export const requestDecider: Decider<RequestState, RequestCommand, FactOf<'request'>> = {
  initial: { request: { status: 'none' }, answered: false, ids: [] },
  evolve,
  pass: (state) => (state.request.status === 'none' ? { ...state, request: { status: 'taken' } } : state),
  decide,
};

function evolve(before: RequestState, event: EventOf<'request'>): RequestState {
  const state = { ...before, ids: [...before.ids, event.id] };
  if (isRequest(event)) return state.request.status === 'asked' ? state : { ...state, request: asked(event) };
  switch (event.type) {
    case 'RequestRefused':
    case 'FleetWindowChanged':
      return { ...state, answered: true, ...(state.request.status === 'none' && { request: { status: 'taken' } }) };
    case 'FirmwareUseCounted':
      return state.request.status === 'none' ? { ...state, request: { status: 'taken' } } : state;
    default:
      return unreachable(event);
  }
}

function asked({ type, data, position, source, violation }: StoredEvent<RequestName>): RequestState['request'] {
  const fact = { type, data } as RequestFact;
  return { status: 'asked', position, source, fact, ...given({ violation }) };
}

function decide(command: RequestCommand, state: RequestState): Decided<FactOf<'request'>> {
  switch (command.type) {
    case 'Ask':
      return ask(command, state);
    case 'Answer':
      return state.answered ? [] : answerTo(command.request_id, state.request);
    case 'Refuse': {
      const isEnough = state.ids.length >= REFUSALS || state.ids.includes(command.id);
      return isEnough ? [] : [{ type: 'RequestRefused', data: command.refusal }];
    }
    default:
      return unreachable(command);
  }
}

function ask(
  { request_id, fact }: RequestCommand & { type: 'Ask' },
  { request }: RequestState,
): Decided<FactOf<'request'>> {
  if (request.status === 'none') {
    // It holds as soon as it is in the log, so both are written together.
    return fact.type === 'FleetWindowRequested' ? [fact, windowChanged(request_id, fact.data)] : [fact];
  }
  const isSame = request.status === 'asked' && request.fact.type === fact.type && isSameRequest(request.fact, fact);
  return isSame ? [] : new Refused('request-exists', 'The id was used for another request.', { request_id });
}

/** Whose update it is was looked up for what came through an inbox; past one nobody does. */
function unaddressed({ type, data }: RequestFact): string | undefined {
  return type === 'UpdateCancelRequested' && data.device_id === undefined ? 'device_id must be given' : undefined;
}

/** Of an update that cannot be read nobody else says so; of a rollout its own stream does. */
function answerTo(request_id: string, request: RequestState['request']): FactOf<'request'>[] {
  if (request.status !== 'asked') return [];
  const { fact, source, violation } = request;
  if (fact.type === 'FleetWindowRequested' && violation === undefined) return [windowChanged(request_id, fact.data)];
  const problem = violation ?? unaddressed(fact);
  if ((fact.type !== 'UpdateRequested' && fact.type !== 'UpdateCancelRequested') || problem === undefined) return [];
  const { code, detail } = new Refused('invalid-request', problem.slice(0, 1024));
  return [
    { type: 'RequestRefused', data: { request_id, type: fact.type, source: source.slice(0, 256), code, detail } },
  ];
}

function windowChanged(
  request_id: string,
  { fleet, window }: DataOf<'FleetWindowRequested'>,
): Fact<'FleetWindowChanged'> {
  return { type: 'FleetWindowChanged', data: { request_id, fleet, ...(window && { window }) } };
}

/** Whoever of the same organization asks again asks for the same. */
function isSameRequest(one: RequestFact, other: RequestFact): boolean {
  return isDeepStrictEqual(requestedIn(one), requestedIn(other));
}

function requestedIn({ type, data }: RequestFact): object {
  const { requested_by: _by, role: _role, ...request } = data as unknown as Record<string, unknown>;
  if (type !== 'UpdateCancelRequested') return request;
  // Whose update it is follows from the update; it may be given or looked up.
  const { device_id: _owner, ...cancel } = request;
  return cancel;
}
