/**
 * Whether everything of ours can hold all strings of a value in JSON, names of members included: without NUL, which Postgres has no place for,
 * and without half a surrogate pair, which is no character and cannot be written as UTF-8. Events may have both, from devices that say what
 * they like: folds replace them. It walks without recursion.
 */
export function isStorable(value: unknown): boolean {
  const left: unknown[] = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === 'string' && (one.includes('\0') || !one.isWellFormed())) return false;
    if (typeof one !== 'object' || one === null) continue;
    for (const [name, member] of Object.entries(one)) left.push(name, member);
  }
  return true;
}

/** The beginning of a text, at most `max` UTF-16 units of it; a character that would be cut in two is replaced. */
export function beginningOf(text: string, max: number): string {
  return text.slice(0, max).toWellFormed();
}
