import { unreachable } from '@edgeflow/contracts';
import { badFrame, modelMismatch, noHello, tooMany, type Ending } from './ending.js';
import { observeAll, withdrawnMeanwhile } from './observed-update.js';
import { goodbye, helloOf, inOpen, remarkFrame, unknownType } from './open-session.js';
import { wrongForm, type DeviceFrame, type DeviceHello } from './device-frame.js';
import type {
  Deferred,
  Effect,
  InputOf,
  Joined,
  OfferState,
  OpenSession,
  Step,
  SessionInput,
  SessionState,
} from './session.state.js';

/** Frames that may wait until the device has joined; a well-behaved device waits for `welcome`. */
const DEFERRED_MAX = 32;

const helloFirst = (type: string) => wrongForm(`${type}: the first frame is hello`);

type In<S extends SessionState['status']> = Extract<SessionState, { status: S }>;

/** The next state of a session and what is to be done. Pure: time and ids come in with the input. */
export function step(state: SessionState, input: SessionInput): Step {
  switch (state.status) {
    case 'greeting':
      return inGreeting(state, input);
    case 'joining':
      return inJoining(state, input);
    case 'catching-up':
      return inCatchingUp(state, input);
    case 'open':
      return inOpen(state, input);
    case 'leaving':
      return inLeaving(state, input);
    case 'closed':
      return { state, effects: [] };
    default:
      return unreachable(state);
  }
}

function closed(ending: Ending): Step {
  return { state: { status: 'closed' }, effects: [{ type: 'hang-up', ending }] };
}

function inGreeting(state: In<'greeting'>, input: SessionInput): Step {
  switch (input.type) {
    case 'frame':
      return firstFrame(state, input);
    case 'remark':
      return { state, effects: [remarkFrame(input.remark)] };
    case 'ignored':
    case 'unknown-type':
      return closed(badFrame('The first frame is hello.'));
    case 'bad-frame':
      return closed(badFrame(input.detail));
    case 'hello-timeout':
      return closed(noHello);
    case 'end':
      return closed(input.ending);
    default:
      return { state, effects: [] };
  }
}

/** What the device will not do, or not now, waits for the hello where it comes before; nothing else says anything of a device that is not known yet. */
function firstFrame(state: In<'greeting'>, input: InputOf<'frame'>): Step {
  const { model, early } = state;
  const { frame } = input;
  if (isLastWord(frame) && early.length < DEFERRED_MAX) {
    return { state: { ...state, early: [...early, input] }, effects: [remarkFrame(helloFirst(frame.type))] };
  }
  if (frame.type !== 'hello') return closed(badFrame('The first frame is hello.'));
  const hello = helloOf(model, frame);
  if (!hello) return closed(modelMismatch(model, frame.model));
  return { state: { status: 'joining', hello, deferred: early }, effects: [{ type: 'join', hello }] };
}

function inJoining(state: In<'joining'>, input: SessionInput): Step {
  switch (input.type) {
    case 'joined':
      return welcome(state, input.joined);
    case 'join-failed':
      return closed(input.ending);
    default:
      return beforeOpen(state, input, (ending) => ({
        state: { ...state, status: 'leaving', ending },
        effects: [{ type: 'hang-up', ending }],
      }));
  }
}

function welcome({ hello, deferred }: In<'joining'>, joined: Joined): Step {
  return {
    state: { status: 'catching-up', hello, joined, live: [], deferred },
    effects: [{ type: 'welcome' }, { type: 'check-updates' }],
  };
}

function inCatchingUp(state: In<'catching-up'>, input: SessionInput): Step {
  if (input.type === 'observed') return open(state, input);
  return beforeOpen(state, input, (ending) => {
    const hangUp: Effect = { type: 'hang-up', ending };
    return hasDeferredReport(state)
      ? { state: { ...state, status: 'leaving', ending }, effects: [hangUp] }
      : { state: { status: 'closed' }, effects: [goodbye(ending, state.joined.untold), hangUp] };
  });
}

/** What means the same until the session is open: frames wait, so far as there is room for them. @param leave how it ends until then */
function beforeOpen(
  state: In<'joining'> | In<'catching-up'>,
  input: SessionInput,
  leave: (ending: Ending) => Step,
): Step {
  switch (input.type) {
    case 'frame':
    case 'bad-frame':
      if (state.deferred.length >= DEFERRED_MAX) return leave(tooMany);
      return { state: { ...state, deferred: [...state.deferred, input] }, effects: [] };
    case 'ignored':
    case 'remark':
      return { state, effects: [remarkFrame(input.remark)] };
    case 'unknown-type':
      return { state, effects: [unknownType(input.name)] };
    case 'end':
      return leave(input.ending);
    default:
      return { state, effects: [] };
  }
}

/** Live events may come before the stream was read: they wait, since nothing may be offered before the whole is known. */
function open(state: In<'catching-up'>, { events, whole }: InputOf<'observed'>): Step {
  const live = [...state.live, ...events];
  if (!whole) return { state: { ...state, live }, effects: [] };
  const { hello, joined, deferred } = state;
  const { offer, effects } = observeAll({ status: 'idle', seen: 0 }, live, hello, joined);
  const before = [...withdrawnMeanwhile(live), ...effects];
  return inTurn(opened(hello, joined, offer), before, [...failureSaid(hello, joined), ...deferred]);
}

function opened(hello: DeviceHello, joined: Joined, offer: OfferState): OpenSession {
  return { status: 'open', untold: joined.untold === true, hello, joined, offer };
}

/** What the hello said of an update that was not known to be open when it was written down: now it is known. */
function failureSaid({ failed }: DeviceHello, { proofs }: Joined): Deferred[] {
  if (!failed || proofs.some(({ update_id }) => update_id === failed.update_id)) return [];
  return [{ type: 'frame', frame: { type: 'failed', ...failed }, at: 0 }];
}

/** Answers what waited, in order. */
function inTurn(start: SessionState, before: readonly Effect[], deferred: readonly SessionInput[]): Step {
  let state = start;
  const effects = [...before];
  for (const input of deferred) {
    const next = step(state, input);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function inLeaving(state: In<'leaving'>, input: SessionInput): Step {
  switch (input.type) {
    case 'joined':
      return hasDeferredReport(state)
        ? { state: { ...state, joined: input.joined }, effects: [{ type: 'check-updates' }] }
        : { state: { status: 'closed' }, effects: [goodbye(state.ending, input.joined.untold)] };
    case 'observed':
      return input.whole && state.joined ? lastWords(state, state.joined, input.events) : { state, effects: [] };
    case 'join-failed':
      return { state: { status: 'closed' }, effects: [] };
    default:
      return { state, effects: [] };
  }
}

/** True when a report waits for what the stream says: the device may have hung up at once, since it had nothing else to say. */
function hasDeferredReport({ deferred }: { deferred: readonly Deferred[] }): boolean {
  return deferred.some((input) => input.type === 'frame' && isLastWord(input.frame));
}

/** What a device may say and leave: it expects no answer. */
function isLastWord({ type }: DeviceFrame): boolean {
  return type === 'failed' || type === 'postpone';
}

/** Writes what the device had said before it left. Nothing is sent any more. */
function lastWords(
  { hello, deferred, ending }: In<'leaving'>,
  joined: Joined,
  events: InputOf<'observed'>['events'],
): Step {
  const { offer } = observeAll({ status: 'idle', seen: 0 }, events, hello, joined);
  const said = [...failureSaid(hello, joined), ...deferred, { type: 'end' as const, ending }];
  const { state, effects } = inTurn(opened(hello, joined, offer), [], said);
  return { state, effects: effects.filter(({ type }) => type.startsWith('report-') || type === 'leave') };
}
