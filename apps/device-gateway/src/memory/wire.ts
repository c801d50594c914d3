import type { Clock } from '@edgeflow/runtime';

interface Sent {
  bytes: number;
  arrived: () => void;
}

/** What takes what arrives: at once, or when it goes on. */
export interface Program {
  whenRunning(work: () => void): void;
}

/** One direction of a connection: what is sent arrives in its order, each after its time; and nothing more once the direction is dead. */
export class Wire {
  private readonly under_way: Sent[] = [];
  private last_ms = 0;
  private isDead = false;
  /** How the other end takes what arrives: a program that stands still takes it when it goes on. */
  private taken: (work: () => void) => void = (work) => work();

  /** @param delay_ms how long the next of them takes; `lost`: the direction is dead from then on */
  constructor(
    private readonly clock: Pick<Clock, 'after' | 'steady_ms'>,
    private readonly delay_ms: () => number | 'lost',
  ) {}

  /** Bytes that have not arrived. */
  get waiting(): number {
    return this.under_way.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  send(bytes: number, arrived: () => void): void {
    this.under_way.push({ bytes, arrived });
    const delay_ms = this.delay_ms();
    if (delay_ms === 'lost') this.die();
    if (this.isDead || delay_ms === 'lost') return;
    const now = this.clock.steady_ms();
    this.last_ms = Math.max(this.last_ms, now + delay_ms);
    // Whichever of them is due: the first that was sent is the first that arrives.
    this.clock.after(this.last_ms - now, () => this.arrive(), { ref: false });
  }

  /** From now on this is how the other end takes what arrives. */
  takenBy(program: Program): void {
    this.taken = (work) => program.whenRunning(work);
  }

  /** Nobody hears of it. */
  die(): void {
    this.isDead = true;
  }

  private arrive(): void {
    const arrived = this.isDead ? undefined : this.under_way.shift()?.arrived;
    if (arrived) this.taken(() => (this.isDead ? undefined : arrived()));
  }
}
