import { In, type EntityManager } from 'typeorm';
import type { Refused } from '@edgeflow/contracts';
import type { CatalogEntry } from '@edgeflow/device-update';
import { expiryRefusal, noTrust, signatureRefusal, type Trust } from '@edgeflow/firmware';
import { FirmwareRow } from './firmware.row.js';
import { TrustRow } from './trust.row.js';

/** The firmwares that some decisions look up, and what their organizations trust, read in two queries. */
export class Catalog {
  private constructor(
    private readonly rows: readonly FirmwareRow[],
    private readonly trust: ReadonlyMap<string, Trust>,
    private readonly at: Date,
  ) {}

  /**
   * @param wanted versions of organizations, as often as they like
   * @param at the time that the decisions are made for
   */
  static async load(
    tables: EntityManager,
    wanted: readonly { org: string; version: string }[],
    at: Date,
  ): Promise<Catalog> {
    if (wanted.length === 0) return new Catalog([], new Map(), at);
    const orgs = [...new Set(wanted.map(({ org }) => org))];
    const versions = [...new Set(wanted.map(({ version }) => version))];
    const rows = await tables.findBy(FirmwareRow, { org: In(orgs), version: In(versions) });
    const trust = await tables.findBy(TrustRow, { org: In(orgs) });
    return new Catalog(rows, new Map(trust.map(({ org, state }) => [org, state])), at);
  }

  /** The firmwares of a version, one per model; empty when there is none. */
  entries(org: string, version: string): CatalogEntry[] {
    const rows = this.rows.filter((row) => row.org === org && row.version === version);
    return rows.map((row) => this.entry(row));
  }

  /** Whether a rollback may bring a device of the organization below the highest release counter that it has run. */
  rollbacksBelow(org: string): boolean {
    return this.trustOf(org).rollback === 'allowed';
  }

  private entry({ min_version, signature, ...row }: FirmwareRow): CatalogEntry {
    const refusal = refusalOf(this.trustOf(row.org), signature, this.at);
    return {
      ...row,
      ...(min_version && { min_version }),
      ...(refusal && { refusal }),
      ...(signature && { release_counter: signature.release_counter }),
      ...(signature?.allow_downgrade && { allow_downgrade: true }),
    };
  }

  private trustOf(org: string): Trust {
    return this.trust.get(org) ?? noTrust;
  }
}

/** Why a firmware's signature keeps it from every device now; undefined when it does not. */
function refusalOf(trust: Trust, signature: FirmwareRow['signature'], at: Date): Refused | undefined {
  return signatureRefusal(trust, signature ?? undefined) ?? (signature ? expiryRefusal(signature, at) : undefined);
}
