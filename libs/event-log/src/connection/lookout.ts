import { logger } from '@edgeflow/telemetry';
import { isUnavailable } from './availability.js';
import type { Connection } from './connection.js';

/** Between two looks, in milliseconds: what others have brought about is known so late. */
const LOOK_MS = 2_000;

/** Something about the log that others change. */
export interface Looked {
  /** What is said when it cannot be looked at, though NATS answers. */
  readonly unseen: string;
  /** @throws what the look throws */
  look(): Promise<void>;
}

/** Keeps an eye on the log for a process: looks at once, then every two seconds while the connection is up. */
export class Lookout {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly looked: readonly Looked[],
  ) {}

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.lookAtAll();
    this.timer = setInterval(() => void this.lookAtAll(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async lookAtAll(): Promise<void> {
    if (!this.connection.up) return;
    await Promise.all(
      this.looked.map((one) =>
        one.look().catch((error: unknown) => {
          if (!isUnavailable(error)) logger.error({ err: error }, one.unseen);
        }),
      ),
    );
  }
}
