/** So many letters may be wrong in a name that is still known again. */
const SLIPS = 2;

/** The name that somebody may have meant: the same but for case, `_` and `-`, or one or two letters away; undefined when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const bare = bareOf(name);
  const [first] = known
    .map((one) => ({ one, slips: slipsBetween(bare, bareOf(one)) }))
    .filter(({ one, slips }) => slips <= Math.min(SLIPS, Math.floor(bareOf(one).length / 3)))
    .toSorted((a, b) => a.slips - b.slips);
  return first?.one;
}

/** ` (did you mean …?)` for a name that is near to a known one, else nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? '' : ` (did you mean ${meant}?)`;
}

function bareOf(name: string): string {
  return name.slice(0, 64).toLowerCase().replaceAll(/[_-]/g, '');
}

/** Letters that are wrong, missing, or too many (Levenshtein's distance, row by row). */
function slipsBetween(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (before[j] ?? 0) + (letter === other ? 0 : 1);
      row.push(Math.min(replaced, (before[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    before = row;
  }
  return before.at(-1) ?? 0;
}
