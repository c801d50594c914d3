import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsLabel, IsToken, IsVersion } from '@edgeflow/contracts';
import { PageAnswer, PageQuery } from '../query/page.js';
import { FirmwareRow } from './firmware.row.js';

/** The end of the year 9999: what comes after it is no time for Postgres in ISO 8601. */
const LAST_MS = Date.UTC(10_000, 0) - 1;

/** Query of `GET /query/v1/firmware`: the newest upload first. */
export class FirmwareQuery extends PageQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @IsLabel()
  model?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsVersion()
  version?: string;

  @ApiPropertyOptional({ type: Boolean })
  @IsOptional()
  @IsIn(['true', 'false'])
  revoked?: 'true' | 'false';
}

/** The order of the list: an upload for several models is one time and several ids. */
export class FirmwareKey {
  /** Milliseconds since 1970. */
  @IsInt() @Min(0) @Max(LAST_MS) uploaded_ms!: number;
  @IsToken() firmware_id!: string;
}

/** A version for a model. */
export class Firmware extends OmitType(FirmwareRow, ['org', 'position']) {}

export class FirmwareAnswer extends PageAnswer {
  @ApiProperty({ type: [Firmware] })
  items!: Firmware[];
}

/** A row without what is internal. */
export function firmwareOf({ org: _org, position: _position, ...firmware }: FirmwareRow): Firmware {
  return firmware;
}

export function firmwareKey({ uploaded_at, firmware_id }: FirmwareRow): FirmwareKey {
  return { uploaded_ms: Date.parse(uploaded_at), firmware_id };
}
