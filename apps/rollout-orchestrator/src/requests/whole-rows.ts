import { asRowsRefusal, isDatabaseDown, type Fold } from '@edgeflow/fold';

/**
 * Answers a caller, though not from rows that are being made anew. A request may be taken while the database is away: the log has it, and it is
 * decided later.
 * @throws Refused `read-model-behind`, and `database-unavailable` for what cannot be answered without it
 */
export async function fromWholeRows<T>(fold: Pick<Fold, 'readable'>, answer: () => Promise<T>): Promise<T> {
  await fold.readable().catch((error: unknown) => {
    if (!isDatabaseDown(error)) throw asRowsRefusal(error);
  });
  try {
    return await answer();
  } catch (error) {
    throw asRowsRefusal(error);
  }
}
