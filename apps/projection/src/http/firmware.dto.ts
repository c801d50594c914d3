import { ApiProperty, OmitType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IsLabel, IsVersion } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';
import { PageAnswer, PageQuery } from './page.dto.js';
import { FirmwareRow } from '../rows/firmware.row.js';

/** Query of `GET /query/v1/firmware`: the newest upload first. */
export class FirmwareQuery extends PageQuery {
  @Optional() @IsLabel() model?: string;
  @Optional() @IsVersion() version?: string;
  @Optional({ type: Boolean }) @IsIn(['true', 'false']) revoked?: 'true' | 'false';
  @Optional({ type: Boolean, default: false, description: 'With `true` those that were deleted, and only those.' })
  @IsIn(['true', 'false'])
  deleted?: 'true' | 'false';
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
