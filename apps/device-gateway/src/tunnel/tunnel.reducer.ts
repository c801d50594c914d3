import { unreachable } from '@edgeflow/contracts';
import { badFrame, modelMismatch, noHello, tooMany, type Ending } from './ending.js';
import { observeAll } from './work.js';
import { inOpen, unknownType } from './open-tunnel.js';
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
    case 'frame':
      if (input.frame.type !== 'hello') return closed(badFrame('The first frame is hello.'));
      if (input.frame.model !== state.model) return closed(modelMismatch(state.model));
      return {
        state: { status: 'joining', hello: input.frame, deferred: [] },
        effects: [{ type: 'join', hello: input.frame }],
      };
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
    case 'unknown-type':
      return { state, effects: [unknownType(input.name)] };
    case 'bad-frame':
      return leave(badFrame(input.detail));
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
    case 'unknown-type':
      return { state, effects: [unknownType(input.name)] };
    case 'bad-frame':
      return leave(badFrame(input.detail));
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
  return inTurn({ status: 'open', hello, joined, work }, effects, deferred);
}

/** Answers what waited, in order. */
function inTurn(start: TunnelState, before: readonly Effect[], deferred: readonly Deferred[]): Step {
  let state = start;
  const effects = [...before];
  for (const { frame, at } of deferred) {
    const next = step(state, { type: 'frame', frame, at });
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function deferring<S extends In<'joining'> | In<'catching-up'>>(
  state: S,
  { frame, at }: Deferred,
  leave: (ending: Ending) => Step,
): Step {
  if (state.deferred.length >= DEFERRED_MAX) return leave(tooMany);
  return { state: { ...state, deferred: [...state.deferred, { frame, at }] }, effects: [] };
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
