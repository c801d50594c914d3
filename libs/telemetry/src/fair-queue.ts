import { integerBetween, type Entropy } from '@edgeflow/runtime';

/** How much at a time, and how much may wait, of all names together; default: as much as it likes. */
interface QueueLimits {
  at_once: number;
  waiting?: number;
}

interface Waiting {
  begin: () => void;
  drop: () => void;
}

/**
 * A bounded number of works at a time. Names take turns, so that one of whom much is wanted keeps no other back, and the works of a
 * name begin in the order they came in: whoever waits is served after those before him, however many come behind.
 */
export class FairQueue {
  private running = 0;
  private waits = 0;
  /** The name whose turn is next comes first. */
  private readonly queues = new Map<string, Waiting[]>();

  constructor(
    private readonly limits: QueueLimits,
    private readonly entropy: Pick<Entropy, 'random'>,
    private readonly dropped = (): Error => new Error('too much waits'),
  ) {}

  /** True while nobody has to wait for a turn. */
  get isFree(): boolean {
    return this.running < this.limits.at_once;
  }

  /**
   * Does `work` when it is its turn.
   * @throws what `work` throws; what `dropped` says when too much waits and the lot falls on this one
   */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.isFree) this.running++;
    else await this.turn(name);
    try {
      return await work();
    } finally {
      this.next();
    }
  }

  private turn(name: string): Promise<void> {
    return new Promise((begin, reject) => {
      const queue = this.queues.get(name) ?? [];
      this.queues.set(name, queue);
      queue.push({ begin, drop: () => reject(this.dropped()) });
      if (++this.waits > (this.limits.waiting ?? Infinity)) this.dropOne();
    });
  }

  /** Hands the place that became free on. */
  private next(): void {
    const [first] = this.queues;
    if (!first) {
      this.running--;
      return;
    }
    const [name, queue] = first;
    const waiting = queue.shift();
    this.queues.delete(name);
    if (queue.length > 0) this.queues.set(name, queue);
    this.waits--;
    waiting?.begin();
  }

  /** By lot, of the name that has most waiting: were it the newest, those who came first could keep the places for themselves. */
  private dropOne(): void {
    const [name, queue] = [...this.queues].reduce((most, one) => (one[1].length > most[1].length ? one : most));
    const [unlucky] = queue.splice(integerBetween(this.entropy, 0, queue.length, 'queue-lot'), 1);
    if (queue.length === 0) this.queues.delete(name);
    this.waits--;
    unlucky?.drop();
  }
}
