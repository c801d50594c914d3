import { chain, emptyHead, entryOf, type ChainedEntry, type Head } from '@edgeflow/audit';
import type { EventLog } from '@edgeflow/event-log';
import { fetchJson, type OriginAccess } from './origin-client.js';

/** Lines in one answer. */
const PAGE = 500;

interface Page {
  items: Omit<ChainedEntry, 'org'>[];
  next_cursor: string | null;
  position: number;
}

/** What the query side kept of the end of a trail, and how far in the log it had read. */
export type KeptHead = Head & { position: number };

/** @param after the position that the query side must have read. @throws Error `read-model-behind` when it has not within 5 s */
export async function headOf(access: OriginAccess, org: string, after = 0): Promise<KeptHead> {
  const { seq, hash, position } = await fetchJson<KeptHead>(access, `/query/v1/audit/head?after=${after}`);
  return { org, seq, hash, position };
}

/** The lines of a trail as the query side answers them, oldest first, to the end that it had at `head`. */
export async function* trailOf(access: OriginAccess, head: KeptHead): AsyncGenerator<ChainedEntry> {
  let cursor: string | null = '';
  while (cursor !== null) {
    const path: string = `/query/v1/audit?order=asc&limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const { items, next_cursor }: Page = await fetchJson<Page>(access, path);
    for (const line of items) {
      // What came since belongs to a later look.
      if (line.seq > head.seq && line.position > head.position) return;
      yield { ...line, org: head.org };
    }
    cursor = next_cursor;
  }
}

/** The trail that the log makes, up to a position. */
export async function* trailInLog(log: EventLog, org: string, upTo: number): AsyncGenerator<ChainedEntry> {
  let head: Head = emptyHead(org);
  for await (const event of log.scan([`ota.${org}.>`])) {
    if (event.position > upTo) return;
    const entry = entryOf(event);
    const [line] = entry ? chain(head, [entry]) : [];
    if (!line) continue;
    head = line;
    yield line;
  }
}
