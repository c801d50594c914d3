import type { EntityManager } from 'typeorm';
import type { Release } from '@edgeflow/rollout';
import { Catalog } from '../catalog.js';

/** The images of a version as they may be rolled out at a time, one per model; none when nobody uploaded it. */
export async function releasesOf(tables: EntityManager, org: string, version: string, at: Date): Promise<Release[]> {
  const catalog = await Catalog.load(tables, [{ org, version }], at);
  return catalog
    .entries(org, version)
    .map(({ model, min_version, revoked, refusal, release_counter, allow_downgrade }) => ({
      ...{ model, min_version, revoked, release_counter, allow_downgrade },
      refusal: refusal?.code,
    }));
}
