import type { MomentRows, Query } from '../rows.js';
import { MemoryRows, type Ask } from './memory-rows.js';
import type { MemoryServer } from './memory-server.js';

/** The rows of one moment in memory. */
export class MemoryMoment extends MemoryRows implements MomentRows {
  constructor(
    server: MemoryServer,
    private readonly inTurn: Ask,
  ) {
    super(server, inTurn);
  }

  async *pages<P, R extends object>(
    query: Query<P, R>,
    parameters: P,
    size: number,
  ): AsyncGenerator<R[], void, undefined> {
    const all = await this.select(query, parameters);
    const asked = { kind: 'FETCH', of: query.name, writes: false };
    for (let from = 0, isMore = true; isMore; from += size) {
      const page = await this.inTurn(asked, () => Promise.resolve(all.slice(from, from + size)));
      yield page;
      isMore = page.length === size;
    }
  }
}
