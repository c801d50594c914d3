import type { RolloutSpec } from '@edgeflow/contracts';
import type { Run } from './run.js';

/** One turn of a device, as the log has it. */
export interface Turn {
  /** False for a turn that became no update: the device was skipped, or refused. */
  dispatched: boolean;
  /** From the moment its wave, or its next try, could have had it until it was told or refused. */
  reach_ms: number;
  /** From being told until the end. */
  took_ms: number;
  end: 'succeeded' | 'failed' | 'skipped';
  code: string | null;
  /** Positions in the log, which tell apart what happens at the same time. */
  dispatched_position: number;
  end_position: number;
}

/** How a device stands at the end of the log. Without an outcome it was cancelled, was never told, or is still open. */
export type Outcome =
  | { status: 'succeeded' }
  | { status: 'failed' | 'skipped'; code: string }
  | { status: 'none'; why: 'cancelled' | 'never_told' | 'open' };

/** What is known of a device beyond its turns: it was waited for, or was under way, so long and had not ended then. */
export interface Unfinished {
  reach_ms: number;
  seen_ms: number;
}

/** One device of a recorded rollout. */
export interface RecordedDevice {
  device_id: string;
  outcome: Outcome;
  /** Of its last update that ended, from being told until the end. */
  duration_ms: number | null;
  /** Updates of it that failed before the last one. */
  failed_before: number;
  turns: readonly Turn[];
  unfinished: Unfinished;
}

/** Devices that came together: those of the plan, or those that joined later. */
export interface RecordedGroup {
  /** Undefined for the plan. */
  joined?: { after_ms: number; position: number };
  devices: readonly RecordedDevice[];
}

/** A rollout as the log has it: what it was to be, and what came of each of its devices forward. */
export interface Recorded {
  rollout_id: string;
  request_id: string;
  spec: RolloutSpec;
  excluded: Readonly<Record<string, number>>;
  accepted_at: string;
  /** When it started; when it was accepted, where it never did. */
  started_at: string;
  /** In the order of the rollout. */
  groups: readonly RecordedGroup[];
  /** What people did to it, by event name. */
  by_operators: Readonly<Record<string, number>>;
  /** At its first stop by a gate; undefined when none has stopped it. */
  at_stop: Run | undefined;
  /** At the end of the log. */
  in_the_end: Run;
}

/** All devices in the order of the rollout. */
export function devicesOf({ groups }: Pick<Recorded, 'groups'>): RecordedDevice[] {
  return groups.flatMap(({ devices }) => devices);
}
