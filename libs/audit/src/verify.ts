import { emptyHead, hashOf, type ChainedEntry, type Head } from './chain.js';

/** What is wrong with a trail. */
export type Finding =
  /** The line does not have its hash: something in it was changed. */
  | { problem: 'altered'; seq: number }
  /** Lines are not there. */
  | { problem: 'missing'; from: number; to: number }
  /** The line does not name the one before it: it was exchanged, or the one before it was. */
  | { problem: 'unlinked'; seq: number }
  /** The trail ends before, or not as, the end that was kept says. */
  | { problem: 'wrong-end'; seq: number; expected: number }
  /** The line is sound in itself and not what the log says. */
  | { problem: 'not-in-log'; seq: number }
  /** The log has this action, and the trail does not. */
  | { problem: 'not-in-trail'; position: number };

/** Checks a trail line by line as it is read, oldest first; it holds no more than one line. */
export class TrailCheck {
  readonly findings: Finding[] = [];
  private last: Head;

  constructor(org: string) {
    this.last = emptyHead(org);
  }

  /** How many lines there were, and the hash of the last. */
  get end(): Head {
    return this.last;
  }

  line(line: ChainedEntry): void {
    const expected = this.last.seq + 1;
    if (line.seq > expected) this.findings.push({ problem: 'missing', from: expected, to: line.seq - 1 });
    else if (line.prev_hash !== this.last.hash) this.findings.push({ problem: 'unlinked', seq: line.seq });
    if (hashOf(line) !== line.hash || line.org !== this.last.org)
      this.findings.push({ problem: 'altered', seq: line.seq });
    this.last = { org: this.last.org, seq: line.seq, hash: line.hash };
  }

  /** Compares the end of what was read with an end that was kept: what was cut off there leaves no gap. */
  compareEnd(kept: Head): void {
    const { seq, hash } = this.last;
    if (seq < kept.seq) this.findings.push({ problem: 'missing', from: seq + 1, to: kept.seq });
    else if (seq > kept.seq || hash !== kept.hash)
      this.findings.push({ problem: 'wrong-end', seq, expected: kept.seq });
  }
}

/** Compares a trail with the one that the log makes, line by line, as both are read. A database's owner can rewrite a whole chain; the log he cannot. */
export class LogComparison {
  readonly findings: Finding[] = [];
  private readonly trail: ChainedEntry[] = [];
  private readonly log: ChainedEntry[] = [];

  fromTrail(line: ChainedEntry): void {
    this.trail.push(line);
    this.settle();
  }

  fromLog(line: ChainedEntry): void {
    this.log.push(line);
    this.settle();
  }

  /** Says that both are read to the end. */
  end(): void {
    for (const { seq } of this.trail) this.findings.push({ problem: 'not-in-log', seq });
    for (const { position } of this.log) this.findings.push({ problem: 'not-in-trail', position });
  }

  private settle(): void {
    for (;;) {
      const [ours] = this.trail;
      const [theirs] = this.log;
      if (!ours || !theirs) return;
      if (ours.position <= theirs.position) this.trail.shift();
      if (theirs.position <= ours.position) this.log.shift();
      if (ours.position < theirs.position) this.findings.push({ problem: 'not-in-log', seq: ours.seq });
      else if (theirs.position < ours.position)
        this.findings.push({ problem: 'not-in-trail', position: theirs.position });
      // The hash covers the lines before too: after a first difference only what a line itself says is compared.
      else if (substanceOf(ours) !== substanceOf(theirs)) this.findings.push({ problem: 'not-in-log', seq: ours.seq });
    }
  }
}

/** What a line says, without its place in the chain. */
function substanceOf({ seq: _seq, prev_hash: _prev, ...line }: ChainedEntry): string {
  return hashOf({ ...line, seq: 0, prev_hash: '' });
}
