/** Rows as lines: each column as wide as its widest cell. The first column stands left, the others right. */
export function textTable(rows: readonly (readonly string[])[], gap = 3): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)));
    return cells.join(' '.repeat(gap)).trimEnd();
  });
}
