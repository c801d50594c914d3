import type { ErrorCode, Refused } from '@edgeflow/contracts';
import type { CatalogEntry } from '@edgeflow/device-update';
import { expiryRefusal, noTrust, signatureRefusal, type Trust } from '@edgeflow/firmware';
import { pipelined, type Rows } from '@edgeflow/fold';
import type { Release } from '@edgeflow/rollout';
import { FirmwareRow } from './firmware.row.js';
import { TrustRow } from './trust.row.js';

/** Why a version is rolled out to nobody. */
export const RELEASE_REFUSALS = [
  'firmware-unknown',
  'firmware-revoked',
  'signature-required',
  'signature-invalid',
  'signing-key-revoked',
  'manifest-expired',
] as const satisfies ErrorCode[];

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
  static async load(rows: Rows, wanted: readonly { org: string; version: string }[], at: Date): Promise<Catalog> {
    if (wanted.length === 0) return new Catalog([], new Map(), at);
    const orgs = [...new Set(wanted.map(({ org }) => org))];
    const versions = [...new Set(wanted.map(({ version }) => version))];
    const [firmwares, trust] = await pipelined(
      rows.range(FirmwareRow, { org: { oneOf: orgs }, version: { oneOf: versions } }),
      rows.get(
        TrustRow,
        orgs.map((org) => ({ org })),
      ),
    );
    return new Catalog(firmwares, new Map(trust.map(({ org, state }) => [org, state])), at);
  }

  /** The firmwares of a version, one per model, and those that were there; empty when there never was one. */
  entries(org: string, version: string): CatalogEntry[] {
    const rows = this.rows.filter((row) => row.org === org && row.version === version);
    return rows.map((row) => this.entry(row));
  }

  /** The images of a version as they may be rolled out at the time, one per model; none when nobody uploaded it. */
  static async releases(rows: Rows, org: string, version: string, at: Date): Promise<Release[]> {
    const catalog = await Catalog.load(rows, [{ org, version }], at);
    const there = catalog.entries(org, version).filter(({ withdrawn }) => !withdrawn);
    return there.map(({ refusal, ...entry }) => ({ ...entry, refusal: refusal?.code }));
  }

  /** What an organization trusts. */
  static async trustOf(rows: Rows, org: string): Promise<Trust> {
    const [row] = await rows.get(TrustRow, [{ org }]);
    return row?.state ?? noTrust;
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
      ...(signature && { release_counter: signature.release_counter, signed_by: signature.kid }),
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
