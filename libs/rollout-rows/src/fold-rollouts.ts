import type { EntityManager } from 'typeorm';
import type { StoredEvent } from '@edgeflow/contracts';
import {
  countMember,
  evolve,
  evolveMember,
  isAccepted,
  isMemberEvent,
  retries,
  rolloutOf,
  stageOf,
  type MemberEvent,
} from '@edgeflow/rollout';
import { changeMany, isOfMany, type OfMany } from './many-members.js';
import { Members } from './members.js';
import { Rollouts } from './rollouts.js';

/**
 * Folds a batch into the rows of rollouts and their devices. Several events of a device are folded in memory and stored once; an event
 * that changes many devices is a statement of its own, between what came before and what came after it.
 */
export async function foldRollouts(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  const events = batch.filter((event) => isMemberEvent(event) || rolloutOf(event) !== undefined);
  if (events.length === 0) return;
  const rollouts = await Rollouts.load(tx, events);
  for (const { single, many } of segmentsOf(events)) {
    const members = await Members.load(tx, single.filter(isMemberEvent));
    for (const event of single) fold(event, rollouts, members);
    await members.store(tx);
    if (!many) continue;
    await changeMany(tx, rollouts.of(many), many);
    rollouts.change(many, (state) => evolve(state, many));
  }
  await rollouts.store(tx);
}

/** Events of single devices, and the event of many that follows them, if one does. */
interface Segment {
  single: StoredEvent[];
  many?: OfMany;
}

function segmentsOf(events: readonly StoredEvent[]): Segment[] {
  const segments: Segment[] = [{ single: [] }];
  for (const event of events) {
    const last = segments.at(-1);
    if (!isOfMany(event)) last?.single.push(event);
    else if (last) {
      last.many = event;
      segments.push({ single: [] });
    }
  }
  return segments;
}

function fold(event: StoredEvent, rollouts: Rollouts, members: Members): void {
  if (isMemberEvent(event)) foldMember(event, rollouts, members);
  else rollouts.change(event, (state) => evolve(state, event));
}

function foldMember(event: MemberEvent, rollouts: Rollouts, members: Members): void {
  const before = members.of(event);
  const { state } = rollouts.of(event);
  // An update of a rollout that this log does not know: nothing of ours wrote it.
  if (!before || !isAccepted(state)) return;
  const after = evolveMember(before, event, state.spec, retries(state, stageOf(event)));
  members.put(event, after);
  rollouts.change(event, (rollout) => countMember(rollout, event, before, after));
}
