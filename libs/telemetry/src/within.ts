/**
 * The result of some work, when it comes in time; what comes later is dropped. The wait alone keeps no process running.
 * @param late makes the error of work that does not come within `ms`
 * @throws what the work throws, or that error
 */
export async function within<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms).unref();
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
