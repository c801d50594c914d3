import { ApiProperty, OmitType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IsLabel, IsReportedVersion, IsVersion } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';
import { PageAnswer, PageQuery } from './page.dto.js';
import { DeviceRow, OTA_STATUSES, type OtaStatus } from '../rows/device.row.js';

/** Query of `GET /query/v1/devices`: devices that fit all of the filters, ordered by device_id. */
export class DevicesQuery extends PageQuery {
  @Optional() @IsLabel() model?: string;
  @Optional() @IsLabel() fleet?: string;
  @Optional({ description: 'One of the device’s tags.' }) @IsLabel() tag?: string;
  @Optional({ enum: OTA_STATUSES }) ota_status?: OtaStatus;
  @Optional({ type: Boolean }) @IsIn(['true', 'false']) online?: 'true' | 'false';

  @Optional({
    type: Boolean,
    description: 'Whether the device runs something else than its newest update was to install, and none is open.',
  })
  @IsIn(['true', 'false'])
  drifted?: 'true' | 'false';

  @Optional({
    description: 'The version that the device runs, as its record shows it: a semantic one or not.',
  })
  @IsReportedVersion()
  version?: string;

  @Optional({ description: 'The version that its newest update is to install.' }) @IsVersion() target_version?: string;
}

/** The device record. */
export class Device extends OmitType(DeviceRow, [
  'org',
  'session_id',
  'attempts',
  'before',
  'abandoned_version',
  'position',
]) {}

export class DeviceAnswer extends Device {
  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}

export class DevicesAnswer extends PageAnswer {
  @ApiProperty({ type: [Device] })
  items!: Device[];
}

/** A row without what is internal; the order of the fields is that of the columns. */
export function deviceOf(row: DeviceRow): Device {
  const {
    org: _org,
    session_id: _session,
    attempts: _attempts,
    before: _before,
    abandoned_version: _told,
    position: _position,
    ...device
  } = row;
  return device;
}
