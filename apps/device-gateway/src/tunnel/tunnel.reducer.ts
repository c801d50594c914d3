import { unreachable, type Hello } from '@edgeflow/contracts';
import { badFrame, modelMismatch, noHello, tooMany, type Ending } from './ending.js';
import { observeAll } from './work.js';
import { helloOf, inOpen, told, unknownType } from './open-tunnel.js';
import type { Deferred, Effect, Joined, Step, TunnelInput, TunnelState } from './tunnel.state.js';

/** Frames that may wait until the device has joined; a well-behaved device waits for `welcome`. */
const DEFERRED_MAX = 32;

type In<S extends TunnelState['status']> = Extract<TunnelState, { status: S }>;

/** The next state of a tunnel and what is to be done. Pure: time and ids come in with the input (STYLE.md rule 4). */
export function step(state: TunnelState, input: TunnelInput): Step {
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

function inGreeting(state: In<'greeting'>, input: TunnelInput): Step {
  switch (input.type) {
    case 'frame': {
      if (input.frame.type !== 'hello') return closed(badFrame('The first frame is hello.'));
      const hello = helloOf(state.model, input.frame);
      if (!hello) return closed(modelMismatch(state.model, input.frame.model));
      return { state: { status: 'joining', hello, deferred: [] }, effects: [{ type: 'join', hello }] };
    }
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

function inJoining(state: In<'joining'>, input: TunnelInput): Step {
  const leave = (ending: Ending): Step => ({
    state: { status: 'leaving', ending },
    effects: [{ type: 'hang-up', ending }],
  });
  switch (input.type) {
    case 'joined':
      return welcome(state, input.joined);
    case 'join-failed':
      return closed(input.ending);
    case 'frame':
      return deferring(state, input, leave);
    case 'ignored':
    case 'remark':
      return { state, effects: [told(input.remark)] };
    case 'unknown-type':
      return { state, effects: [unknownType(input.name)] };
    case 'bad-frame':
      return input.report ? deferring(state, input, leave) : leave(badFrame(input.detail));
    case 'end':
      return leave(input.ending);
    default:
      return { state, effects: [] };
  }
}

function welcome({ hello, deferred }: In<'joining'>, joined: Joined): Step {
  return {
    state: { status: 'catching-up', hello, joined, live: [], deferred },
    effects: [{ type: 'welcome' }, { type: 'check-lane' }],
  };
}

function inCatchingUp(state: In<'catching-up'>, input: TunnelInput): Step {
  const leave = (ending: Ending): Step => ({
    state: { status: 'closed' },
    effects: [
      { type: 'leave', ending },
      { type: 'hang-up', ending },
    ],
  });
  switch (input.type) {
    case 'observed':
      return open(state, input);
    case 'frame':
      return deferring(state, input, leave);
    case 'ignored':
    case 'remark':
      return { state, effects: [told(input.remark)] };
    case 'unknown-type':
      return { state, effects: [unknownType(input.name)] };
    case 'bad-frame':
      return input.report ? deferring(state, input, leave) : leave(badFrame(input.detail));
    case 'end':
      return leave(input.ending);
    default:
      return { state, effects: [] };
  }
}

/** Live events may come before the lane was read: they wait, since nothing may be offered before the whole is known. */
function open(state: In<'catching-up'>, { events, whole }: Extract<TunnelInput, { type: 'observed' }>): Step {
  const live = [...state.live, ...events];
  if (!whole) return { state: { ...state, live }, effects: [] };
  const { hello, joined, deferred } = state;
  const { work, effects } = observeAll({ status: 'idle', seen: 0 }, live, hello, joined);
  return inTurn({ status: 'open', hello, joined, work }, effects, [...failureSaid(hello, joined), ...deferred]);
}

/** What the hello said of an update that was not known to be open when it was written down: now it is known. */
function failureSaid({ failed }: Hello, { proofs }: Joined): Deferred[] {
  if (!failed || proofs.some(({ update_id }) => update_id === failed.update_id)) return [];
  return [{ type: 'frame', frame: { type: 'failed', ...failed }, at: 0 }];
}

/** Answers what waited, in order. */
function inTurn(start: TunnelState, before: readonly Effect[], deferred: readonly Deferred[]): Step {
  let state = start;
  const effects = [...before];
  for (const input of deferred) {
    const next = step(state, input);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function deferring<S extends In<'joining'> | In<'catching-up'>>(
  state: S,
  input: Deferred,
  leave: (ending: Ending) => Step,
): Step {
  if (state.deferred.length >= DEFERRED_MAX) return leave(tooMany);
  return { state: { ...state, deferred: [...state.deferred, input] }, effects: [] };
}

function inLeaving(state: In<'leaving'>, input: TunnelInput): Step {
  switch (input.type) {
    case 'joined':
      return { state: { status: 'closed' }, effects: [{ type: 'leave', ending: state.ending }] };
    case 'join-failed':
      return { state: { status: 'closed' }, effects: [] };
    default:
      return { state, effects: [] };
  }
}
