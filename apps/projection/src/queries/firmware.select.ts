import { isToken } from '@edgeflow/contracts';
import type { FirmwareQuery } from '../http/firmware.dto.js';
import { FirmwareRow } from '../rows/firmware.row.js';
import { isPosition } from './cursor.js';
import type { Ordered } from './read-models.js';

/** The end of the year 9999, in milliseconds since 1970: what comes after it is no time for Postgres in ISO 8601. */
const LAST_MS = Date.UTC(10_000, 0) - 1;

/** An upload for several models is one time and several ids. */
type FirmwareKey = Pick<FirmwareRow, 'firmware_id'> & { uploaded_ms: number };

/** The firmwares that fit all of the filters, the newest upload first. */
export function newestFirmware(
  org: string,
  { model, version, revoked, deleted = 'false' }: FirmwareQuery,
): Ordered<FirmwareRow, FirmwareKey> {
  return {
    key: { uploaded_ms: (value): value is number => isPosition(value) && value <= LAST_MS, firmware_id: isToken },
    keyOf: ({ uploaded_at, firmware_id }) => ({ uploaded_ms: Date.parse(uploaded_at), firmware_id }),
    rows: (tables, { take, last }) => {
      const query = tables.createQueryBuilder(FirmwareRow, 'fw').where('fw.org = :org', { org });
      query.andWhere('fw.deleted = :deleted', { deleted: deleted === 'true' });
      if (model !== undefined) query.andWhere('fw.model = :model', { model });
      if (version !== undefined) query.andWhere('fw.version = :version', { version });
      if (revoked !== undefined) query.andWhere('fw.revoked = :revoked', { revoked: revoked === 'true' });
      if (last) {
        const { uploaded_ms, firmware_id } = last;
        const uploaded_at = new Date(uploaded_ms).toISOString();
        query.andWhere('(fw.uploaded_at, fw.firmware_id) < (:uploaded_at, :firmware_id)', { uploaded_at, firmware_id });
      }
      return query.orderBy('fw.uploaded_at', 'DESC').addOrderBy('fw.firmware_id', 'DESC').limit(take).getMany();
    },
  };
}
