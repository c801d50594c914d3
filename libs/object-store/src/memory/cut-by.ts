/** What comes, unless the signal comes first. @throws the signal's reason */
export async function cutBy<T>(signal: AbortSignal, coming: Promise<T>): Promise<T> {
  const cut = Promise.withResolvers<never>();
  const onAbort = (): void => cut.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([coming, cut.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
