import { chain, emptyHead, entryOf, type ChainedEntry, type Head } from '@edgeflow/audit';
import type { EventLog } from '@edgeflow/event-log';
import type { EdgeFlowClient } from '@edgeflow/client';

/** Lines in one answer. */
const PAGE = 500;

/** What the query side kept of the end of a trail, and how far in the log it had read. */
export type KeptHead = Head & { position: number };

/** @param after the position that the query side must have read. @throws ApiError `read-model-behind` when it has not within 5 s */
export async function headOf(client: EdgeFlowClient, org: string, after = 0): Promise<KeptHead> {
  return { org, ...(await client.get('/query/v1/audit/head', { query: { after } })) };
}

/** The lines of a trail as the query side answers them, oldest first, to the end that it had at `head`. */
export async function* trailOf(client: EdgeFlowClient, head: KeptHead): AsyncGenerator<ChainedEntry> {
  for await (const line of client.items('/query/v1/audit', { query: { order: 'asc', limit: PAGE } })) {
    // What came since belongs to a later look.
    if (line.seq > head.seq && line.position > head.position) return;
    yield { ...line, org: head.org };
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
