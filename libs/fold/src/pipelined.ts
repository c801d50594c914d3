import { isAftermath } from './database-errors.js';

/**
 * What statements that do not depend on each other give. The connections of `openDatabase` send them one behind the other without waiting for
 * the answers, so that they take one round trip together. Settles when all of them have: nothing of a transaction that failed is sent
 * behind its rollback.
 * @throws the error that came first and is not only the aftermath of another one's, in a transaction that failed: which of them is heard of first says nothing
 */
export async function pipelined<T extends readonly unknown[]>(
  ...works: { readonly [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  const failures: unknown[] = [];
  const settled = works.map((work) => work.catch((error: unknown) => void failures.push(error)));
  const results = await Promise.all(settled);
  if (failures.length > 0) throw failures.find((error) => !isAftermath(error)) ?? failures[0];
  return results as unknown as T;
}
