import type { DataOf, Hello, StoredEvent } from '@edgeflow/contracts';
import { step } from './tunnel.reducer.js';
import type { Dispatch, Effect, Joined, TunnelInput, TunnelState } from './tunnel.state.js';

/** Events of an update lane and a played tunnel, for specs. */
const ENVELOPE = {
  org: 'acme',
  entity: 'update' as const,
  entity_id: 'dev-1',
  source: '/rollout-orchestrator',
  time: '2026-11-23T12:00:00.000Z',
};

export const hello: Hello = { type: 'hello', version: '1.0.0', model: 'cam-1', boot_id: 'boot-1' };

export const plan: DataOf<'UpdateDispatched'> = {
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
export const live = (...events: StoredEvent[]): TunnelInput => ({ type: 'observed', events, whole: false });
export const lane = (...events: StoredEvent[]): TunnelInput => ({ type: 'observed', events, whole: true });
export const says = (frame: Extract<TunnelInput, { type: 'frame' }>['frame'], at = 0): TunnelInput => ({
  type: 'frame',
  frame,
  at,
});
export const prepared = (position: number, purpose: 'offer' | 'url' = 'offer'): TunnelInput => ({
  type: 'prepared',
  position,
  for: purpose,
  url: 'https://images.test/fresh',
  url_expires_at: '2026-11-23T13:00:00.000Z',
});

/** A tunnel after these inputs, with what the last of them asked for. */
export function play(
  inputs: readonly TunnelInput[],
  start?: TunnelState,
): { state: TunnelState; effects: readonly Effect[] } {
  let state: TunnelState = start ?? { status: 'greeting', model: 'cam-1' };
  let effects: readonly Effect[] = [];
  for (const input of inputs) ({ state, effects } = step(state, input));
  return { state, effects };
}

/** What brings a tunnel to `open` with nothing to do. */
export const arrival: readonly TunnelInput[] = [says(hello), { type: 'joined', joined: newcomer }, lane()];
/** What brings it to an offered update, dispatched at position 10. */
export const offered: readonly TunnelInput[] = [...arrival, live(dispatched(10)), prepared(10)];

export const sent = (effects: readonly Effect[]): unknown[] =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.frame] : []));
export const kinds = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type);
