import type { Member } from '@edgeflow/rollout';
import { assumedTurn, type Assumed } from './assumed.js';
import type { RecordedDevice, Turn } from './recorded.js';

/** A device of a simulation: where it stands, and what it does next by the recording. */
export class ReplayedDevice {
  /** True once its own outcome was not recorded and was needed. */
  assumed = false;
  /** Tries beyond the recorded ones. */
  further = 0;
  private taken = 0;
  private readonly last: Turn | undefined;

  constructor(
    public member: Member,
    private readonly recorded: RecordedDevice,
    private readonly assumptions: Assumed,
    private readonly reachIsKnown: boolean,
  ) {
    this.last = recorded.turns.at(-1);
  }

  /** Its next turn: the recorded one, else the assumed one, else what its last one was, again. */
  next(): Turn {
    const turn = this.recorded.turns[this.taken] ?? this.unrecorded();
    const reach_ms = this.reachIsKnown || !turn.dispatched ? turn.reach_ms : 0;
    return { ...turn, reach_ms };
  }

  /** Says that the turn was taken. */
  take(): void {
    const isRecorded = this.taken < this.recorded.turns.length;
    if (!isRecorded && this.isUnknown && !this.assumed) this.assumed = true;
    else if (!isRecorded) this.further += 1;
    this.taken += 1;
  }

  private get isUnknown(): boolean {
    return this.recorded.outcome.status === 'none';
  }

  private unrecorded(): Turn {
    if (this.isUnknown || !this.last) return assumedTurn(this.recorded, this.assumptions);
    return { ...this.last, reach_ms: 0, dispatched_position: Infinity, end_position: Infinity };
  }
}
