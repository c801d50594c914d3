/** What is there now, or will be: a statement that nothing is in the way of needs no turn. */
export type Soon<T> = T | Promise<T>;

/** Goes on with what there is, as soon as it is there: now, where it is. @throws what `next` throws, where it is now */
export function soon<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** One after the other, each as soon as the one before it is over. */
export function inOrder<T>(all: readonly T[], work: (one: T) => Soon<void>, from = 0): Soon<void> {
  for (let index = from; index < all.length; index += 1) {
    const done = work(all[index] as T);
    if (done instanceof Promise) return done.then(() => inOrder(all, work, index + 1));
  }
  return undefined;
}
