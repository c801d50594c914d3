import type { Clock } from '@edgeflow/runtime';

/**
 * The result of some work, when it comes in time; what comes later is dropped. The wait alone keeps no process running.
 * @param late makes the error of work that does not come within `ms`
 * @throws what the work throws, or that error
 */
export async function within<T>(ms: number, work: Promise<T>, late: () => Error, clock: Clock): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = clock.after(ms, () => reject(late()), { ref: false });
  try {
    return await Promise.race([work, promise]);
  } finally {
    stop();
  }
}
