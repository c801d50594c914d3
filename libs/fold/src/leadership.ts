import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';

/** How often a standby asks for the lock and the leader proves that it still holds it, in milliseconds. */
const BEAT_MS = 1_000;

/**
 * One leader among replicas: a Postgres session lock, which goes when its connection goes (ADR 0006). The checkpoint's
 * transaction is the fence, so a leader that does not know yet that it was replaced can do no harm.
 */
export class Leadership {
  private runner: QueryRunner | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly name: string,
  ) {}

  /** Waits until this process is the leader. @returns false when `signal` ended the wait */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.tryAcquire().catch(() => false)) return true;
      await sleep(BEAT_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  /** Resolves when the lock is lost, or when `signal` fires. */
  async held(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.runner) {
      await sleep(BEAT_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const alive = await this.runner.query('SELECT 1').then(
        () => true,
        () => false,
      );
      if (!alive) return;
    }
  }

  async release(): Promise<void> {
    const runner = this.runner;
    this.runner = undefined;
    await runner?.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await runner?.release().catch(() => undefined);
  }

  private async tryAcquire(): Promise<boolean> {
    const runner = this.database.createQueryRunner();
    try {
      const [row] = (await runner.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS granted', [
        this.name,
      ])) as { granted: boolean }[];
      if (!row?.granted) return false;
      this.runner = runner;
      return true;
    } finally {
      if (this.runner !== runner) await runner.release().catch(() => undefined);
    }
  }
}
