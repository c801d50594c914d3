import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Refused } from '@edgeflow/contracts';
import { AllowClaim, AllowDevice, CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { Refuses, WRITING } from '@edgeflow/service-host';
import { Devices } from '../devices/devices.js';
import { Enrolments } from '../devices/enrolments.js';
import {
  ChangedDevice,
  DevicePath,
  RegisterDevice,
  RegisteredDevice,
  RevokeDevice,
  RotateKey,
  traitsIn,
  type PublicKeyBody,
} from './devices.dto.js';
import type { Registration } from '../devices/device.decider.js';

interface Reply {
  status(code: number): unknown;
}

@ApiTags('devices')
@Controller('gateway/v1/devices')
export class DevicesController {
  constructor(
    private readonly devices: Devices,
    private readonly enrolments: Enrolments,
  ) {}

  @ApiOperation({ summary: 'Registers a device with its public key; by an admin, or by the device with a claim token' })
  @ApiCreatedResponse({ type: RegisteredDevice, description: 'The device as registered.' })
  @ApiOkResponse({
    type: RegisteredDevice,
    description: 'The device was registered already: as it is in force, with what was asked for otherwise.',
  })
  @Refuses(...WRITING, 'claim-mismatch', 'device-exists', 'device-revoked')
  @Post()
  @AllowClaim()
  @Roles('admin')
  async register(
    @Body() body: RegisterDevice,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<RegisteredDevice> {
    const claim = caller.kind === 'device-claim' ? caller.claim : undefined;
    const enrolled = await this.enrolments.register(caller.org, registrationOf(body, caller), claim);
    const { data, position, isNew, signing, ignored } = enrolled;
    reply.status(isNew ? 201 : 200);
    return { ...data, position, signing, ...(ignored && { ignored, in_force: traitsIn(data) }) };
  }

  @ApiOperation({
    summary: 'Gives a device another key; by an admin, or by the device with a token of the key in force',
  })
  @ApiAcceptedResponse({ type: ChangedDevice, description: 'The key before is refused, its tunnel closed.' })
  @Refuses(...WRITING, 'device-unknown', 'device-revoked')
  @Post(':device_id/key')
  @HttpCode(202)
  @AllowDevice()
  @Roles('admin')
  async rotate(
    @Param() { device_id }: DevicePath,
    @Body() { public_key, reason }: RotateKey,
    @CurrentCaller() { org, kind, subject }: Caller,
  ): Promise<ChangedDevice> {
    if (kind === 'device' && subject !== device_id) throw new Refused('forbidden', 'A device has its own key only');
    const rotated_by = kind === 'device' ? `device:${subject}` : subject.slice(0, 256);
    const rotation = { device_id, public_key: keyOf(public_key), ...(reason !== undefined && { reason }), rotated_by };
    return { device_id, position: await this.devices.rotate(org, rotation) };
  }

  @ApiOperation({ summary: 'Revokes a device; its tunnel is closed' })
  @ApiAcceptedResponse({ type: ChangedDevice })
  @Refuses(...WRITING, 'device-unknown')
  @Post(':device_id/revoke')
  @HttpCode(202)
  @Roles('admin')
  @ApiBody({ type: RevokeDevice, required: false })
  async revoke(
    @Param() { device_id }: DevicePath,
    @Body() body: RevokeDevice,
    @CurrentCaller() { org, subject }: Caller,
  ): Promise<ChangedDevice> {
    const position = await this.devices.revoke(org, { device_id, ...body, revoked_by: subject.slice(0, 256) });
    return { device_id, position };
  }
}

function registrationOf({ public_key, ...said }: RegisterDevice, { subject }: Caller): Registration {
  return { ...said, public_key: keyOf(public_key), registered_by: subject.slice(0, 256) };
}

/** Nothing but the members of a public key. */
function keyOf({ kty, crv, x }: PublicKeyBody): Registration['public_key'] {
  return { kty, crv, x };
}
