import type { StoredEvent } from '@edgeflow/contracts';
import { RowSet, pipelined, type KeyedTable, type Rows } from '@edgeflow/fold';
import {
  countMember,
  evolve,
  evolveMember,
  isAccepted,
  isMemberEvent,
  isOfRollout,
  mayStillFail,
  retries,
  stageOf,
  type MemberEvent,
} from '@edgeflow/rollout';
import { changeMany, isOfMany, type OfMany } from './many-members.js';
import { MemberRow } from './member.row.js';
import { ROLLOUTS, changeRollout, rolloutKey, rolloutRow, type RolloutRows } from './rollouts.js';

type MemberKey = 'org' | 'rollout_id' | 'stage' | 'device_id';
type MemberRows = RowSet<MemberRow, MemberKey>;

const MEMBERS: KeyedTable<MemberRow, MemberKey> = {
  entity: MemberRow,
  key: ['org', 'rollout_id', 'stage', 'device_id'],
};

/**
 * Folds a batch into the rows of rollouts and their devices. Several events of a device are folded in memory and stored once; an event
 * that changes many devices is a statement of its own, between what came before and what came after it.
 */
export async function foldRollouts(batch: readonly StoredEvent[], tx: Rows): Promise<void> {
  const events = batch.filter((event) => isMemberEvent(event) || isOfRollout(event));
  if (events.length === 0) return;
  const segments = segmentsOf(events);
  const load = (segment: Segment | undefined): Promise<MemberRows> =>
    RowSet.load(tx, MEMBERS, segment?.single.filter(isMemberEvent).map(memberKey) ?? []);
  const [rollouts, ofFirst] = await pipelined(RowSet.load(tx, ROLLOUTS, events.map(rolloutKey)), load(segments[0]));
  for (const [index, { single, many }] of segments.entries()) {
    const members = index === 0 ? ofFirst : await load(segments[index]);
    for (const event of single) fold(event, rollouts, members);
    // The last segment is one without.
    if (!many) await pipelined(members.store(tx), rollouts.store(tx));
    else {
      await members.store(tx);
      await changeMany(tx, rolloutRow(rollouts, many), many);
      changeRollout(rollouts, many, (state) => evolve(state, many));
    }
  }
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

function fold(event: StoredEvent, rollouts: RolloutRows, members: MemberRows): void {
  if (isMemberEvent(event)) foldMember(event, rollouts, members);
  else if (isOfRollout(event)) changeRollout(rollouts, event, (state) => evolve(state, event));
}

function foldMember(event: MemberEvent, rollouts: RolloutRows, members: MemberRows): void {
  const before = members.of(memberKey(event));
  const { state } = rolloutRow(rollouts, event);
  // An update of a rollout that this log does not know: nothing of ours wrote it.
  if (!before || !isAccepted(state)) return;
  const stage = stageOf(event);
  const mayRetry = retries(state, stage, before.wave);
  const after = evolveMember(before, event, state.spec, mayRetry, mayStillFail(state, event, before.wave));
  if (after.position !== before.position) members.put({ ...before, ...after });
  changeRollout(rollouts, event, (rollout) => countMember(rollout, event, before, after));
}

function memberKey(event: MemberEvent): Pick<MemberRow, MemberKey> {
  const { rollout_id = '', device_id } = event.data;
  return { org: event.org, rollout_id, stage: stageOf(event), device_id };
}
