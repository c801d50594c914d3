import type { EventName, Fact, StoredEvent } from '@edgeflow/contracts';
import type { Member, MemberEvent } from '@edgeflow/rollout';
import type { Turn } from './recorded.js';

/** Where a simulated event stands: its own count, and simulated time. */
export interface Place {
  position: number;
  at: Date;
}

/** An event of a simulated rollout's stream, as `evolve` takes it. */
export function streamEvent<N extends EventName>(rollout_id: string, fact: Fact<N>, place: Place) {
  return { ...envelope('rollout', rollout_id, place), ...fact };
}

/** A simulated device is told. Only what the folds of a rollout read is in it. */
export function dispatchedEvent(member: Member, place: Place): MemberEvent {
  const { device_id, version, attempt } = member;
  const data = { ...about(member, attempt + 1), version };
  return { ...envelope('update', device_id, place), type: 'UpdateDispatched', data } as unknown as MemberEvent;
}

/** A turn of a simulated device ends. Only what the folds of a rollout read is in it. */
export function endEvent(member: Member, { dispatched, end, code }: Turn, place: Place): MemberEvent {
  const { device_id, version, attempt } = member;
  const data = { ...about(member, dispatched ? attempt : attempt + 1), version, code, detail: '' };
  return { ...envelope('update', device_id, place), type: typeOf(dispatched, end), data } as unknown as MemberEvent;
}

function typeOf(dispatched: boolean, end: Turn['end']): MemberEvent['type'] {
  if (dispatched) return end === 'succeeded' ? 'UpdateCompleted' : 'UpdateFailed';
  return end === 'skipped' ? 'UpdateSkipped' : 'UpdateRejected';
}

function about({ rollout_id, device_id, wave }: Member, attempt: number) {
  return { rollout_id, device_id, wave, attempt, update_id: `${device_id}/${attempt}`, number: attempt };
}

function envelope(entity: 'rollout' | 'update', entity_id: string, { position, at }: Place) {
  const id = `what-if/${position}`;
  const time = at.toISOString();
  return {
    org: '',
    entity,
    entity_id,
    id,
    source: '',
    correlation_id: id,
    time,
    position,
  } satisfies Partial<StoredEvent>;
}
