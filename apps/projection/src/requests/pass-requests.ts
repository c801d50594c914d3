import type { EntityManager } from 'typeorm';
import type { UnreadEvent } from '@edgeflow/contracts';
import { insertMissing } from '@edgeflow/fold';
import { passedOver } from './request.evolve.js';
import { RequestRow } from './request.row.js';

/** Keeps that somebody asked for what cannot be read: whoever asked finds what became of it. */
export async function passRequests(unread: readonly UnreadEvent[], tx: EntityManager): Promise<void> {
  await insertMissing(tx, RequestRow, unread.filter(({ entity }) => entity === 'request').map(passedOver));
}
