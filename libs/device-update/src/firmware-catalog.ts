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
  /** Why its signature keeps it from every device now: there is none, its key is revoked, it has expired. */
  refusal?: Refused;
  /** Of its manifest; absent for an unsigned one. */
  release_counter?: number;
  /** Its manifest lets devices come down to it from a higher counter. */
  allow_downgrade?: boolean;
}

/** The firmwares of one version in the device's organization, one per model; empty when there is none. */
export type FirmwareOf = (version: string) => readonly CatalogEntry[];
