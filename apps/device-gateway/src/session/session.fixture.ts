import type { DataOf, Hello, StoredEvent } from '@edgeflow/contracts';
import type { Ending } from './ending.js';
import { step } from './session.reducer.js';
import type { Dispatch, Effect, Joined, SessionInput, SessionState } from './session.state.js';

/** Events of an update stream and a played tunnel, for specs. */
const ENVELOPE = {
  org: 'acme',
  entity: 'update' as const,
  entity_id: 'dev-1',
  source: '/rollout-orchestrator',
  time: '2026-11-23T12:00:00.000Z',
};

/** The device has hung up. */
export const closed: Ending = { how: 'gone', close_code: 1000, reason: 'closed-by-device', detail: '' };

export const hello: Hello = { type: 'hello', version: '1.0.0', model: 'cam-1', boot_id: 'boot-1' };

const plan: DataOf<'UpdateDispatched'> = {
  update_id: 'upd-1',
  number: 1,
  device_id: 'dev-1',
  request_id: 'req-1',
  firmware_id: 'fw-2',
  model: 'cam-1',
  version: '2.0.0',
  sha256: 'a'.repeat(64),
  size: 1024,
  key: 'firmware/acme/2.0.0/a.bin',
  force: false,
  from_version: '1.0.0',
  from_boot_id: 'boot-1',
  deadline_at: '2026-11-24T12:00:00.000Z',
};

export function dispatched(position: number, data: Partial<DataOf<'UpdateDispatched'>> = {}): Dispatch {
  const id = `evt-${position}`;
  return { ...ENVELOPE, id, correlation_id: id, position, type: 'UpdateDispatched', data: { ...plan, ...data } };
}

export function postponed(position: number, update_id = plan.update_id): StoredEvent {
  const id = `evt-${position}`;
  const data = {
    ...{ update_id, number: 1, device_id: 'dev-1', version: '2.0.0', postponed_s: 60 },
    ...{ until: '2026-11-23T12:01:00.000Z', deadline_at: '2026-11-24T12:01:00.000Z' },
  };
  return { ...ENVELOPE, id, correlation_id: id, position, type: 'UpdatePostponed', data };
}

export function ended(
  position: number,
  type: 'UpdateFailed' | 'UpdateCancelled',
  update_id = plan.update_id,
): StoredEvent {
  const id = `evt-${position}`;
  const data = { update_id, number: 1, device_id: 'dev-1', version: '2.0.0', code: 'deadline-exceeded', detail: '' };
  return { ...ENVELOPE, id, correlation_id: id, position, type, data };
}

export function completed(position: number, update_id = plan.update_id): StoredEvent {
  const id = `evt-${position}`;
  const data = {
    ...{ update_id, number: 1, device_id: 'dev-1' },
    ...{ firmware_id: 'fw-2', version: '2.0.0', boot_id: 'boot-2' },
  };
  return { ...ENVELOPE, id, correlation_id: id, position, type: 'UpdateCompleted', data };
}

export const newcomer: Joined = { version_at: 5, proofs: [] };
export const live = (...events: StoredEvent[]): SessionInput => ({ type: 'observed', events, whole: false });
export const stream = (...events: StoredEvent[]): SessionInput => ({ type: 'observed', events, whole: true });
export const says = (frame: Extract<SessionInput, { type: 'frame' }>['frame'], at = 0): SessionInput => ({
  type: 'frame',
  frame,
  at,
});
export const prepared = (position: number, purpose: 'offer' | 'url' = 'offer'): SessionInput => ({
  type: 'prepared',
  position,
  for: purpose,
  url: 'https://images.test/fresh',
  url_expires_at: '2026-11-23T13:00:00.000Z',
});

/** A tunnel after these inputs, with what the last of them asked for. */
export function play(
  inputs: readonly SessionInput[],
  start?: SessionState,
): { state: SessionState; effects: readonly Effect[] } {
  let state: SessionState = start ?? { status: 'greeting', model: 'cam-1', early: [] };
  let effects: readonly Effect[] = [];
  for (const input of inputs) ({ state, effects } = step(state, input));
  return { state, effects };
}

/** What brings a tunnel to `open` with nothing to do. */
export const arrival: readonly SessionInput[] = [says(hello), { type: 'joined', joined: newcomer }, stream()];
/** What brings it to an offered update, dispatched at position 10. */
export const offered: readonly SessionInput[] = [...arrival, live(dispatched(10)), prepared(10)];

export const sent = (effects: readonly Effect[]): unknown[] =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.frame] : []));
export const kinds = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type);
