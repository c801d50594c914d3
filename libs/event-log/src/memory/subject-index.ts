/** Where the messages of each subject stand, found by subjects with wildcards. */
interface Node {
  readonly children: Map<string, Node>;
  /** Of a subject that ends here: the positions, ascending. */
  positions: number[];
}

const newNode = (): Node => ({ children: new Map(), positions: [] });

/** The tokens of a subject. */
export function tokensOf(subject: string): string[] {
  return subject.split('.');
}

/** True when the tokens of a subject are ones that those of a filter name; see `matches`. */
export function takes(filter: readonly string[], tokens: readonly string[]): boolean {
  for (let index = 0; index < filter.length; index++) {
    const wanted = filter[index];
    if (index >= tokens.length) return false;
    if (wanted === '>') return true;
    if (wanted !== '*' && wanted !== tokens[index]) return false;
  }
  return filter.length === tokens.length;
}

/** True when there may be a subject that both filters name. */
export function overlaps(one: readonly string[], other: readonly string[]): boolean {
  for (let index = 0; ; index++) {
    const [a, b] = [one[index], other[index]];
    if (a === undefined || b === undefined) return a === b;
    if (a === '>' || b === '>') return true;
    if (a !== '*' && b !== '*' && a !== b) return false;
  }
}

/** The positions of messages by their subjects. */
export class SubjectIndex {
  private readonly root = newNode();

  add(tokens: readonly string[], position: number): void {
    let node = this.root;
    for (const token of tokens) {
      let child = node.children.get(token);
      if (!child) node.children.set(token, (child = newNode()));
      node = child;
    }
    node.positions.push(position);
  }

  remove(tokens: readonly string[], position: number): void {
    const positions = this.positions(tokens);
    const at = positions.indexOf(position);
    if (at >= 0) positions.splice(at, 1);
  }

  /** Those of one subject. */
  positions(tokens: readonly string[]): number[] {
    let node: Node | undefined = this.root;
    for (const token of tokens) node = node?.children.get(token);
    return node?.positions ?? [];
  }

  /** The position of the newest message that a filter names; 0 for none. */
  last(filter: readonly string[], before = Infinity): number {
    let last = 0;
    for (const positions of this.matching(filter)) {
      const newest = before === Infinity ? positions.at(-1) : positions.findLast((position) => position < before);
      if (newest !== undefined && newest > last) last = newest;
    }
    return last;
  }

  /** The positions of each subject that a filter names, if there are any. */
  matching(filter: readonly string[]): number[][] {
    const found: number[][] = [];
    collect(this.root, filter, 0, found);
    return found;
  }
}

function collect(node: Node, filter: readonly string[], depth: number, found: number[][]): void {
  const token = filter[depth];
  if (token === undefined) {
    if (node.positions.length > 0) found.push(node.positions);
  } else if (token === '>') {
    for (const child of node.children.values()) everything(child, found);
  } else if (token === '*') {
    for (const child of node.children.values()) collect(child, filter, depth + 1, found);
  } else {
    const child = node.children.get(token);
    if (child) collect(child, filter, depth + 1, found);
  }
}

function everything(node: Node, found: number[][]): void {
  if (node.positions.length > 0) found.push(node.positions);
  for (const child of node.children.values()) everything(child, found);
}
