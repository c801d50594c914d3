/** One line of what happened in a history. */
export interface TraceEntry {
  /** Virtual milliseconds since the beginning. */
  at_ms: number;
  /** Whose line it is: a node, a device, a person. */
  lane: string;
  kind: string;
  text: string;
  /** What there is to say of it beyond that, as JSON. */
  data?: unknown;
}

/** What of a history is the same for the same seed. The lines themselves are kept only when somebody wants to read them. */
export class Trace {
  /** All lines, in the order in which they were told, if they are kept. */
  readonly entries: readonly TraceEntry[] | undefined;
  private readonly kept: TraceEntry[] | undefined;
  private one = 0x811c9dc5;
  private other = 0xcbf29ce4;
  private lines = 0;

  constructor(
    private readonly time: { readonly now_ms: number },
    { isKept = false }: { isKept?: boolean | undefined } = {},
  ) {
    this.kept = isKept ? [] : undefined;
    this.entries = this.kept;
  }

  /**
   * @param data beyond the text; it is not part of the hash, and read at once
   * @param at_ms when it was, since the beginning, of what is told later
   */
  note(lane: string, kind: string, text: string, data?: unknown, at_ms = this.time.now_ms): void {
    this.lines += 1;
    this.mix(`${at_ms} ${lane} ${kind} `);
    this.mix(text);
    if (!this.kept) return;
    const more = data === undefined ? {} : { data: JSON.parse(JSON.stringify(data)) as unknown };
    this.kept.push({ at_ms, lane, kind, text, ...more });
  }

  /** Of all lines up to now. */
  get hash(): string {
    const hex = (part: number): string => (part >>> 0).toString(16).padStart(8, '0');
    return `${hex(this.one)}${hex(this.other ^ this.lines)}`;
  }

  /** FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), and beside it the same with a prime of its own: 64 bits without big integers. */
  private mix(text: string): void {
    let { one, other } = this;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      one = Math.imul(one ^ code, 0x01000193);
      other = Math.imul(other ^ code, 0x85ebca6b);
      other ^= other >>> 13;
    }
    this.one = one;
    this.other = other;
  }
}
