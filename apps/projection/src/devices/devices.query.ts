import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { ArrayContains, MoreThan, type FindOptionsWhere } from 'typeorm';
import { IsLabel, IsToken, IsVersion } from '@edgeflow/contracts';
import { decodeCursor } from '../query/cursor.js';
import { PageAnswer, PageQuery } from '../query/page.js';
import { OTA_STATUSES, type OtaStatus } from './device.record.js';
import { DeviceRow } from './device.row.js';

/** Query of `GET /query/v1/devices`: devices that fit all of the filters, ordered by device_id. */
export class DevicesQuery extends PageQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @IsLabel()
  model?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsLabel()
  fleet?: string;

  @ApiPropertyOptional({ description: 'One of the device’s tags.' })
  @IsOptional()
  @IsLabel()
  tag?: string;

  @ApiPropertyOptional({ enum: OTA_STATUSES })
  @IsOptional()
  @IsIn(OTA_STATUSES)
  ota_status?: OtaStatus;

  @ApiPropertyOptional({ type: Boolean })
  @IsOptional()
  @IsIn(['true', 'false'])
  online?: 'true' | 'false';

  @ApiPropertyOptional({ description: 'The version that the device runs.' })
  @IsOptional()
  @IsVersion()
  version?: string;

  @ApiPropertyOptional({ description: 'The version that its newest update is to install.' })
  @IsOptional()
  @IsVersion()
  target_version?: string;
}

/** The order of the list. */
export class DevicesKey {
  @IsToken() device_id!: string;
}

/** The device record. */
export class Device extends OmitType(DeviceRow, ['org', 'tunnel_id', 'position']) {}

export class DeviceAnswer extends Device {
  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}

export class DevicesAnswer extends PageAnswer {
  @ApiProperty({ type: [Device] })
  items!: Device[];
}

/** What the filters and the cursor ask of a row. @throws Refused `invalid-request` for a bad cursor */
export function whereOf(org: string, query: DevicesQuery): FindOptionsWhere<DeviceRow> {
  const { model, fleet, tag, ota_status, online, version, target_version, cursor } = query;
  return {
    org,
    ...(model !== undefined && { model }),
    ...(fleet !== undefined && { fleet }),
    ...(tag !== undefined && { tags: ArrayContains([tag]) }),
    ...(ota_status !== undefined && { ota_status }),
    ...(online !== undefined && { online: online === 'true' }),
    ...(version !== undefined && { current_version: version }),
    ...(target_version !== undefined && { target_version }),
    ...(cursor !== undefined && { device_id: MoreThan(decodeCursor(DevicesKey, cursor).device_id) }),
  };
}

/** A row without what is internal; the order of the fields is that of the columns. */
export function deviceOf({ org: _org, tunnel_id: _tunnel, position: _position, ...device }: DeviceRow): Device {
  return device;
}
