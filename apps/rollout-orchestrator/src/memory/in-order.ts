/** Compares by the first part that differs: numbers by size, texts by their characters, as those of ids are. */
export function inOrder<T>(partsOf: (one: T) => readonly (string | number)[]): (a: T, b: T) => number {
  return (a, b) => {
    const others = partsOf(b);
    for (const [index, part] of partsOf(a).entries()) {
      const other = others[index];
      if (other !== undefined && part !== other) return part < other ? -1 : 1;
    }
    return 0;
  };
}
