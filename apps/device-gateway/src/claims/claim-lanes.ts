import { laneSubject, type Lane } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { claimAfter, noClaim, type ClaimState } from './claim.state.js';

/** Claims whose state is kept; of one that is forgotten the lane is read anew. */
const KEPT_MAX = 1_000;

/**
 * The claims of the log. A claim for a whole factory has a lane as long as its uses: what was read of it is kept, and only what is
 * newer is read.
 */
export class ClaimLanes {
  private readonly kept = new Map<string, ClaimState>();

  constructor(private readonly log: Pick<EventLog, 'readLane'>) {}

  /** The claim as its lane has it now. @throws Refused `log-unavailable` */
  async find(lane: Lane): Promise<ClaimState> {
    const subject = laneSubject(lane);
    const before = this.kept.get(subject) ?? noClaim;
    const state = claimAfter(before, await this.log.readLane(lane, { from: before.position + 1 }));
    // Names that nobody has issued are not kept: anybody can make them up.
    if (state.status !== 'none') this.keep(subject, state);
    return state;
  }

  private keep(subject: string, state: ClaimState): void {
    const newer = (this.kept.get(subject)?.position ?? 0) > state.position;
    if (newer) return;
    this.kept.delete(subject);
    this.kept.set(subject, state);
    const [oldest] = this.kept.keys();
    if (oldest !== undefined && this.kept.size > KEPT_MAX) this.kept.delete(oldest);
  }
}
