/** JSON with a line for each member, and for each item of a list, so that a terminal can show a list of records. */
export function inRows(record: object): string {
  const members = Object.entries(record).map(([name, value]) => `  ${JSON.stringify(name)}: ${valueOf(value)}`);
  return `{\n${members.join(',\n')}\n}`;
}

function valueOf(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return JSON.stringify(value);
  return `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
}
