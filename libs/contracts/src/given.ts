/** Those of the members that are there: what was left out shall be left out of the copy too, and not be undefined in it. */
export function given<T extends object>(members: T): { [N in keyof T]?: Exclude<T[N], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as typeof members;
}
