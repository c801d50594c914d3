import { Body, Controller, Delete, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused, given } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { Refuses, WRITING } from '@edgeflow/service-host';
import { Devices } from '../devices/devices.js';
import { ChangeDevice, DeviceNow, WhyDevice } from './device-life.dto.js';
import { ChangedDevice, DevicePath, traitsIn } from './devices.dto.js';

@ApiTags('devices')
@Controller('gateway/v1/devices/:device_id')
export class DeviceLifeController {
  constructor(private readonly devices: Devices) {}

  @ApiOperation({ summary: 'Changes the fleet, the tags or the model of a device' })
  @ApiOkResponse({ type: DeviceNow, description: 'The device as it is now; also where it was so before.' })
  @Refuses(...WRITING, 'device-unknown', 'device-revoked', 'update-in-progress')
  @Patch()
  @Roles('admin', 'operator')
  async change(
    @Param() { device_id }: DevicePath,
    @Body() { model, fleet, tags, reason }: ChangeDevice,
    @CurrentCaller() caller: Caller,
  ): Promise<DeviceNow> {
    const wanted = given({ model, fleet, tags });
    if (Object.keys(wanted).length === 0) {
      throw new Refused('invalid-request', 'Say which fleet, tags or model the device is to have');
    }
    const change = { device_id, ...wanted, ...given({ reason }), changed_by: nameOf(caller) };
    const { data, position } = await this.devices.change(caller.org, change);
    return { device_id, ...traitsIn(data), public_key: data.public_key, position };
  }

  @ApiOperation({ summary: 'Lets a revoked device in again, with the key that is in force' })
  @ApiAcceptedResponse({ type: ChangedDevice })
  @Refuses(...WRITING, 'device-unknown', 'device-not-revoked')
  @Post('reinstate')
  @HttpCode(202)
  @Roles('admin')
  @ApiBody({ type: WhyDevice, required: false })
  async reinstate(
    @Param() { device_id }: DevicePath,
    @Body() { reason }: WhyDevice,
    @CurrentCaller() caller: Caller,
  ): Promise<ChangedDevice> {
    const reinstatement = { device_id, ...given({ reason }), reinstated_by: nameOf(caller) };
    return { device_id, position: await this.devices.reinstate(caller.org, reinstatement) };
  }

  @ApiOperation({ summary: 'Takes a device out of service: its tunnel is closed, its id is free for another one' })
  @ApiAcceptedResponse({ type: ChangedDevice })
  @Refuses(...WRITING, 'device-unknown')
  @Delete()
  @HttpCode(202)
  @Roles('admin')
  @ApiBody({ type: WhyDevice, required: false })
  async remove(
    @Param() { device_id }: DevicePath,
    @Query() query: WhyDevice,
    @Body() body: WhyDevice,
    @CurrentCaller() caller: Caller,
  ): Promise<ChangedDevice> {
    const reason = body.reason ?? query.reason;
    const removal = { device_id, ...given({ reason }), removed_by: nameOf(caller) };
    return { device_id, position: await this.devices.remove(caller.org, removal) };
  }
}

function nameOf({ subject }: Caller): string {
  return subject.slice(0, 256);
}
