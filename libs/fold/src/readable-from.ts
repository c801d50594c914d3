import type { Fold } from './fold.js';

/**
 * The checkpoint of rows that have reached `after`, for whoever is about to answer from them. What this process knew of them may have been taken back by a crash of
 * PostgreSQL meanwhile: they are waited for again then.
 * @throws Refused `read-model-behind` when they have not got there within `timeoutMs`, or are being made anew and there are no others
 */
export async function readableFrom(
  fold: Pick<Fold, 'waitFor' | 'readable'>,
  after: number,
  timeoutMs: number,
): Promise<number> {
  for (;;) {
    await fold.waitFor(after, timeoutMs);
    const position = await fold.readable();
    if (position >= after) return position;
  }
}
