import { setTimeout as sleep } from 'node:timers/promises';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { freeze, signal } from './processes.js';

/** The processes of a standalone that may end or hang. */
const VICTIMS = [
  ...['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'],
  ...['nats-server', 'postgres', 's3-endpoint', 'origin-1', 'origin-2'],
];
/** How long one is frozen, and between two blows, in milliseconds: longer than leases and time-outs of seconds, also shorter. */
const FROZEN_MS = { from: 500, to: 20_000 };
const PAUSE_MS = { from: 500, to: 12_000 };

/** Uniform in [0, 1). */
export type Random = () => number;

/** Kills and freezes processes of a standalone, one or two at a time; the same ones in the same order for the same numbers. */
export class RandomKills {
  /** What was done, a line each, with when. */
  readonly told: string[] = [];
  private readonly frozen = new Set<Promise<void>>();

  constructor(
    private readonly standalone: StandaloneUnderTest,
    private readonly random: Random,
  ) {}

  /** Goes on for so long, and wakes what it has frozen. */
  async run(ms: number): Promise<void> {
    for (const until = Date.now() + ms; Date.now() < until; await sleep(this.within(PAUSE_MS))) {
      const victims = this.pick(this.random() < 0.5 ? 1 : 2);
      await Promise.all(victims.map((name) => this.strike(name)));
    }
    await Promise.all(this.frozen);
  }

  private async strike(name: string): Promise<void> {
    // All numbers are drawn in any case: what a process is at does not change what comes after.
    const [kills, frozen_ms, delay_ms] = [this.random() < 0.5, this.within(FROZEN_MS), this.random() * 300];
    await sleep(delay_ms);
    await this.standalone.look();
    const pid = this.standalone.pidOf(name);
    this.told.push(`${new Date().toISOString()} ${name}: ${kills ? 'killed' : `frozen for ${frozen_ms} ms`}`);
    if (kills) return signal(pid, 'SIGKILL');
    const thawed = this.freeze(name, pid, frozen_ms).finally(() => this.frozen.delete(thawed));
    this.frozen.add(thawed);
  }

  private async freeze(name: string, pid: number, ms: number): Promise<void> {
    const wake = await freeze(this.standalone, name, pid);
    await sleep(ms);
    wake();
  }

  private pick(count: number): string[] {
    const left = [...VICTIMS];
    return Array.from({ length: count }, () => left.splice(Math.floor(this.random() * left.length), 1)[0]!);
  }

  private within({ from, to }: { from: number; to: number }): number {
    return Math.round(from + this.random() * (to - from));
  }
}
