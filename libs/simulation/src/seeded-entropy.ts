import { hash } from 'node:crypto';
import { Entropy } from '@edgeflow/runtime';
import type { Draws } from './draws.js';

/** What all streams of one seed have in common. */
interface Source {
  readonly seed: number | string;
  readonly draws: Draws | undefined;
  readonly streams: Map<string, SeededEntropy>;
  count: number;
}

/**
 * Chance from a seed, by sfc32 (C. Doty-Humphrey's Small Fast Counting generator, public domain). Never for a real secret. Streams by name do
 * not shift one another: what one device draws more changes nothing for the others.
 */
export class SeededEntropy extends Entropy {
  readonly name: string;
  private readonly state: Int32Array;
  private readonly source: Source;

  /**
   * @param draws hears every draw of every stream, in their order
   * @param within for `child` alone
   */
  constructor(seed: number | string, draws?: Draws, within?: { source: Source; name: string }) {
    super();
    this.source = within?.source ?? { seed, draws, streams: new Map(), count: 0 };
    this.name = within?.name ?? '';
    const bytes = hash('sha256', JSON.stringify([seed, this.name]), 'buffer');
    this.state = new Int32Array(4).map((_, index) => bytes.readInt32LE(index * 4));
  }

  /** How often any stream of this seed was drawn from. */
  get count(): number {
    return this.source.count;
  }

  /** The stream of that name beneath this one: always the same one, which goes on where it was. */
  child(name: string): SeededEntropy {
    const path = this.name === '' ? name : `${this.name}/${name}`;
    const { streams } = this.source;
    const stream =
      streams.get(path) ?? new SeededEntropy(this.source.seed, undefined, { source: this.source, name: path });
    streams.set(path, stream);
    return stream;
  }

  random(reason: string): number {
    return this.drawn(reason) / 2 ** 32;
  }

  bytes(length: number, reason: string): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let word = this.drawn(reason);
    for (let index = 0; index < length; index += 1) {
      if (index > 0 && index % 4 === 0) word = this.next();
      bytes[index] = word >>> (8 * (index % 4));
    }
    return bytes;
  }

  uuid(): string {
    const bytes = this.bytes(16, 'uuid');
    // RFC 9562, 5.4: version 4, and the variant.
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  private drawn(reason: string): number {
    const value = this.next();
    this.source.count += 1;
    this.source.draws?.draw(this.name, reason, value);
    return value;
  }

  private next(): number {
    const { state } = this;
    const [a, b, c, count] = state as unknown as [number, number, number, number];
    const sum = (a + b + count) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    state[3] = count + 1;
    return sum >>> 0;
  }
}
