import type { ErrorCode } from '@edgeflow/contracts';
import type { Rows } from '@edgeflow/fold';
import { trustsKey } from '@edgeflow/firmware';
import type { Candidate, Release } from '@edgeflow/rollout';
import { Catalog } from '../rows/catalog.js';

/** Says what there is to doubt of an eligible device: it is told all the same, since it may know more keys than the log says. */
export async function warningsFor(
  tables: Rows,
  org: string,
  releases: readonly Release[],
): Promise<(device: Candidate) => ErrorCode | undefined> {
  const trust = await Catalog.trustOf(tables, org);
  return ({ model, signing }) => {
    const kid = releases.find((release) => release.model === model)?.signed_by;
    return kid === undefined || !signing || trustsKey(trust, kid, signing) ? undefined : 'key-not-trusted';
  };
}
