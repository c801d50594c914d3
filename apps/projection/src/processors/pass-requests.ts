import type { UnreadEvent } from '@edgeflow/contracts';
import type { Rows } from '@edgeflow/fold';
import { passedOver } from './request.evolve.js';
import { RequestRow } from '../rows/request.row.js';

/** Keeps that somebody asked for what cannot be read: whoever asked finds what became of it. */
export async function passRequests(unread: readonly UnreadEvent[], tx: Rows): Promise<void> {
  await tx.add(RequestRow, unread.filter(({ entity }) => entity === 'request').map(passedOver));
}
