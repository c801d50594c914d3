import { EXIT_CONFIG } from '@edgeflow/configuration';
import { messageOf } from '@edgeflow/contracts';
import type { Exit, Running } from '@edgeflow/embedded';
import { systemClock } from '@edgeflow/runtime';

/** Why a process does not run: it ended, or its start failed. */
export interface Loss {
  why: string;
  exit?: Exit;
}

/** What a supervisor has to tell. */
export interface SupervisorEvents {
  started?(pid: number): void;
  /** It ended unasked, or could not be started again; the next try is in `retry_ms`. */
  lost(loss: Loss, retry_ms: number): void;
  /** It ended for a reason that no restart cures. */
  gaveUp(why: string): void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
/** After this time without an end, the next one counts as the first again. */
const STEADY_MS = 30_000;

/** Keeps a process running: whenever it ends unasked it is started again, later and later. */
export class Supervised {
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;

  private constructor(
    private current: Running,
    private readonly begin: () => Promise<Running>,
    private readonly events: SupervisorEvents,
  ) {
    events.started?.(current.pid);
    this.watching = this.watch();
  }

  /** Starts the process and watches over it. @throws whatever the first start throws */
  static async start(begin: () => Promise<Running>, events: SupervisorEvents): Promise<Supervised> {
    return new Supervised(await begin(), begin, events);
  }

  /** Stops the process and lets it be. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.current.stop();
    await this.watching;
  }

  private async watch(): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted; failures += 1) {
      const since = systemClock.steady_ms();
      const exit = await this.current.exited;
      if (this.stopping.signal.aborted) return;
      if (exit.code === EXIT_CONFIG) return this.events.gaveUp('its configuration is wrong');
      if (systemClock.steady_ms() - since > STEADY_MS) failures = 0;
      failures = await this.restart({ why: describe(exit), exit }, failures);
    }
  }

  /** Tries until it runs again or nobody wants it any more; returns the number of failures so far. */
  private async restart(loss: Loss, failures: number): Promise<number> {
    const retry_ms = Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
    this.events.lost(loss, retry_ms);
    await systemClock.sleep(retry_ms, { signal: this.stopping.signal });
    if (this.stopping.signal.aborted) return failures;
    try {
      this.current = await this.begin();
    } catch (error) {
      return this.restart({ why: messageOf(error) }, failures + 1);
    }
    // Stopped while it was starting: stop() has seen only the one before.
    if (this.stopping.signal.aborted) await this.current.stop();
    else this.events.started?.(this.current.pid);
    return failures;
  }
}

function describe({ code, signal }: Exit): string {
  return signal ? `ended by ${signal}` : `ended with exit code ${code}`;
}
