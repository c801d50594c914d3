import { In, type EntityManager } from 'typeorm';
import type { CatalogEntry } from '@edgeflow/device-update';
import { FirmwareRow } from './firmware.row.js';

/** The firmwares that some decisions look up, read in one query. */
export class Catalog {
  private constructor(private readonly rows: readonly FirmwareRow[]) {}

  /** @param wanted versions of organizations, as often as they like */
  static async load(tables: EntityManager, wanted: readonly { org: string; version: string }[]): Promise<Catalog> {
    if (wanted.length === 0) return new Catalog([]);
    const orgs = [...new Set(wanted.map(({ org }) => org))];
    const versions = [...new Set(wanted.map(({ version }) => version))];
    return new Catalog(await tables.findBy(FirmwareRow, { org: In(orgs), version: In(versions) }));
  }

  /** The firmwares of a version, one per model; empty when there is none. */
  entries(org: string, version: string): CatalogEntry[] {
    return this.rows.filter((row) => row.org === org && row.version === version).map(toEntry);
  }
}

function toEntry({ min_version, ...row }: FirmwareRow): CatalogEntry {
  return { ...row, ...(min_version && { min_version }) };
}
