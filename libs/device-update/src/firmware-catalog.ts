import type { Refused } from '@edgeflow/contracts';

/** What a decision has to know of a firmware: one model of one version of one organization. */
export interface CatalogEntry {
  firmware_id: string;
  model: string;
  version: string;
  sha256: string;
  /** Bytes. */
  size: number;
  /** The image's key in the object store. */
  key: string;
  min_version?: string;
  revoked: boolean;
  /** It was deleted: there is none any more. */
  withdrawn?: boolean;
  /** Why its signature keeps it from every device now: there is none, its key is revoked, it has expired. */
  refusal?: Refused;
  /** Of its manifest; absent for an unsigned one. */
  release_counter?: number;
  /** The key of its manifest; absent for an unsigned one. */
  signed_by?: string;
  /** Its manifest lets devices come down to it from a higher counter. */
  allow_downgrade?: boolean;
}

/** The firmwares of one version in the device's organization, one per model, and those that were there; empty when there never was one. */
export type FirmwareOf = (version: string) => readonly CatalogEntry[];

/** Of firmwares the one for a model that is there now. */
export function firmwareFor(entries: readonly CatalogEntry[], model: string | undefined): CatalogEntry | undefined {
  return entries.find((entry) => entry.model === model && !entry.withdrawn);
}
