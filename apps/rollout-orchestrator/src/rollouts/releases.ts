import type { EntityManager } from 'typeorm';
import type { Release } from '@edgeflow/rollout';
import { FirmwareRow } from '../firmware.row.js';

/** The images of a version, one per model; none when nobody uploaded it. */
export async function releasesOf(tables: EntityManager, org: string, version: string): Promise<Release[]> {
  const rows = await tables.findBy(FirmwareRow, { org, version });
  return rows.map(({ model, min_version, revoked }) => ({ model, revoked, ...(min_version && { min_version }) }));
}
