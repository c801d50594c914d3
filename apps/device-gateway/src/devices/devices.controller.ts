import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiCreatedResponse, ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AllowClaim, CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { Devices, type Registration } from './devices.js';
import { DevicePath, RegisterDevice, RevokeDevice } from './register-device.js';

interface Reply {
  status(code: number): unknown;
}

@ApiTags('devices')
@Controller('gateway/v1/devices')
export class DevicesController {
  constructor(private readonly devices: Devices) {}

  @ApiOperation({ summary: 'Registers a device with its public key; by an admin, or by the device with a claim token' })
  @ApiCreatedResponse({ description: 'The device as registered, with `position`' })
  @ApiOkResponse({ description: 'The device was registered so already' })
  @Post()
  @AllowClaim()
  @Roles('admin')
  async register(
    @Body() body: RegisterDevice,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Registration & { position: number }> {
    const registration = registrationOf(body, caller);
    const { known, position } = await this.devices.register(caller.org, registration);
    reply.status(known ? 200 : 201);
    return { ...(known?.data ?? registration), position };
  }

  @ApiOperation({ summary: 'Revokes a device for good; its tunnel is closed' })
  @ApiAcceptedResponse({ description: '`device_id` and `position`' })
  @Post(':device_id/revoke')
  @HttpCode(202)
  @Roles('admin')
  async revoke(
    @Param() { device_id }: DevicePath,
    @Body() body: RevokeDevice,
    @CurrentCaller() { org, subject }: Caller,
  ): Promise<{ device_id: string; position: number }> {
    // A request without a body has none here either.
    const reason = body?.reason;
    const revocation = { device_id, ...(reason !== undefined && { reason }), revoked_by: subject.slice(0, 256) };
    const { position } = await this.devices.revoke(org, revocation);
    return { device_id, position };
  }
}

function registrationOf({ device_id, model, fleet, tags, public_key }: RegisterDevice, caller: Caller): Registration {
  const { kty, crv, x } = public_key;
  return {
    device_id,
    model,
    ...(fleet !== undefined && { fleet }),
    ...(tags !== undefined && { tags }),
    public_key: { kty, crv, x },
    registered_by: caller.subject.slice(0, 256),
  };
}
