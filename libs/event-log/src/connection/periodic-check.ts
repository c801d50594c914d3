import { errorSparsely } from '@edgeflow/telemetry';
import { isUnavailable } from './availability.js';
import type { Connection } from './connection.js';

/** Something about the log that others change. */
export interface Checked {
  /** What is said when it cannot be looked at, though NATS answers. */
  readonly unseen: string;
  /** @throws what the look throws */
  look(): Promise<void>;
}

/**
 * Keeps an eye on the log for a process: looks at once, then again and again while the connection is up. Resolves after the first look.
 * @param every_ms between two looks: what others have brought about is known so late
 * @returns how to stop it
 */
export async function checkPeriodically(
  connection: Connection,
  every_ms: number,
  ...checked: readonly Checked[]
): Promise<() => void> {
  const { clock } = connection.machine;
  const look = async (one: Checked): Promise<void> => {
    try {
      if (connection.up) await one.look();
    } catch (error) {
      if (!isUnavailable(error)) errorSparsely('periodic-check', { err: error }, one.unseen, clock);
    }
  };
  await Promise.all(checked.map(look));
  return clock.every(every_ms, () => void checked.map(look), { ref: false });
}
