import { streamSubject, type EventStream } from '@edgeflow/contracts';
import { foldAll, type EventLog, type Loaded } from '@edgeflow/event-log';
import { claimDecider, type ClaimState } from './claim.decider.js';

/** Claims whose state is kept; of one that is forgotten the stream is read anew. */
const CACHED_MAX = 1_000;

interface CachedClaim {
  state: ClaimState;
  position: number;
}

/**
 * The claims of the log. A claim for a whole factory has a stream as long as its uses: what was read of it is kept, and only what is
 * newer is read, as long as the connection holds: a log that comes back may have lost its tail (ADR 0027), and uses its positions again.
 */
export class ClaimCache {
  private cached = new Map<string, CachedClaim>();
  /** Over which connection that was read. */
  private epoch: number;

  constructor(private readonly log: Pick<EventLog, 'epoch' | 'readStream'>) {
    this.epoch = log.epoch;
  }

  /** The claim as its stream has it now. @throws Refused `log-unavailable` */
  async load(stream: EventStream): Promise<Loaded<ClaimState>> {
    const subject = streamSubject(stream);
    const { epoch } = this.log;
    if (this.epoch !== epoch) this.cached = new Map();
    this.epoch = epoch;
    const before = this.cached.get(subject) ?? { state: claimDecider.initial, position: 0 };
    const { events, unread, position } = await this.log.readStream(stream, { from: before.position + 1 });
    const state = foldAll(claimDecider, [...events, ...unread], before.state);
    // Names that nobody has issued are not kept: anybody can make them up.
    if (state.status !== 'none' && epoch === this.log.epoch) this.keep(subject, { state, position });
    return { state, seen: new Map([[subject, position]]) };
  }

  private keep(subject: string, cached: CachedClaim): void {
    const newer = (this.cached.get(subject)?.position ?? 0) > cached.position;
    if (newer) return;
    this.cached.delete(subject);
    this.cached.set(subject, cached);
    const [oldest] = this.cached.keys();
    if (oldest !== undefined && this.cached.size > CACHED_MAX) this.cached.delete(oldest);
  }
}
