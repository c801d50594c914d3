import { streamSubject, type EventStream } from '@edgeflow/contracts';
import { foldAll, type EventLog, type Loaded } from '@edgeflow/event-log';
import { claimDecider, type ClaimState } from './claim.decider.js';

/** Claims whose state is kept; of one that is forgotten the stream is read anew. */
const CACHED_MAX = 1_000;

interface CachedClaim {
  state: ClaimState;
  position: number;
  /** The connection over which it was read. */
  epoch: number;
}

/**
 * The claims of the log. A claim for a whole factory has a stream as long as its uses: what was read of it is kept, and only what is
 * newer is read. Behind a loss of the connection all of it is read anew: the log may have come back without its tail, and nobody could register
 * behind a position that is gone.
 */
export class ClaimCache {
  private readonly cached = new Map<string, CachedClaim>();

  constructor(private readonly log: Pick<EventLog, 'readStream' | 'epoch'>) {}

  /** The claim as its stream has it now. @throws Refused `log-unavailable` */
  async load(stream: EventStream): Promise<Loaded<ClaimState>> {
    const subject = streamSubject(stream);
    const { epoch } = this.log;
    const cached = this.cached.get(subject);
    const before = cached?.epoch === epoch ? cached : { state: claimDecider.initial, position: 0 };
    const { events, unread, position } = await this.log.readStream(stream, { from: before.position + 1 });
    const state = foldAll(claimDecider, [...events, ...unread], before.state);
    // Names that nobody has issued are not kept: anybody can make them up.
    if (state.status !== 'none') this.keep(subject, { state, position, epoch });
    return { state, seen: new Map([[subject, position]]) };
  }

  private keep(subject: string, cached: CachedClaim): void {
    const kept = this.cached.get(subject);
    const isNewer = kept !== undefined && (kept.epoch - cached.epoch || kept.position - cached.position) > 0;
    if (isNewer) return;
    this.cached.delete(subject);
    this.cached.set(subject, cached);
    const [oldest] = this.cached.keys();
    if (oldest !== undefined && this.cached.size > CACHED_MAX) this.cached.delete(oldest);
  }
}
