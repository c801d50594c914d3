import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiCreatedResponse, ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused, type DeviceSigning } from '@edgeflow/contracts';
import { AllowClaim, AllowDevice, CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { ClaimedRegistration } from '../claims/claimed-registration.js';
import { Signatures } from '../delivery/signatures.js';
import { deviceSigningOf } from './device-signing.js';
import { Devices } from './devices.js';
import { DevicePath, RegisterDevice, RevokeDevice, RotateKey, type PublicKeyBody } from './register-device.js';
import type { Recorded, Registration } from './registering.js';

interface Reply {
  status(code: number): unknown;
}

@ApiTags('devices')
@Controller('gateway/v1/devices')
export class DevicesController {
  constructor(
    private readonly devices: Devices,
    private readonly claimed: ClaimedRegistration,
    private readonly signatures: Signatures,
  ) {}

  @ApiOperation({ summary: 'Registers a device with its public key; by an admin, or by the device with a claim token' })
  @ApiCreatedResponse({
    description: 'The device as registered, with `position`, and `signing`: the keys that its firmware is signed with',
  })
  @ApiOkResponse({ description: 'The device was registered so already' })
  @Post()
  @AllowClaim()
  @Roles('admin')
  async register(
    @Body() body: RegisterDevice,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Registration & { position: number; signing: DeviceSigning }> {
    const { data, position, isNew } = await this.record(registrationOf(body, caller), caller);
    // After the claim was proven: before it, a caller's org is only what it says.
    const signing = deviceSigningOf(await this.signatures.trustOf(caller.org));
    reply.status(isNew ? 201 : 200);
    return { ...data, position, signing };
  }

  @ApiOperation({
    summary: 'Gives a device another key; by an admin, or by the device with a token of the key in force',
  })
  @ApiAcceptedResponse({ description: '`device_id` and `position`; the key before is refused, its tunnel closed' })
  @Post(':device_id/key')
  @HttpCode(202)
  @AllowDevice()
  @Roles('admin')
  async rotate(
    @Param() { device_id }: DevicePath,
    @Body() { public_key, reason }: RotateKey,
    @CurrentCaller() { org, kind, subject }: Caller,
  ): Promise<{ device_id: string; position: number }> {
    if (kind === 'device' && subject !== device_id) throw new Refused('forbidden', 'A device has its own key only');
    const rotated_by = kind === 'device' ? `device:${subject}` : subject.slice(0, 256);
    const rotation = { device_id, public_key: keyOf(public_key), ...(reason !== undefined && { reason }), rotated_by };
    return { device_id, position: await this.devices.rotate(org, rotation) };
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
    return { device_id, position: await this.devices.revoke(org, revocation) };
  }

  private record(registration: Registration, caller: Caller): Promise<Recorded<Registration>> {
    const claim = caller.kind === 'device-claim' ? caller.claim : undefined;
    if (claim) return this.claimed.register(caller.org, registration, claim);
    return this.devices.register(caller.org, registration);
  }
}

function registrationOf({ device_id, model, fleet, tags, public_key }: RegisterDevice, caller: Caller): Registration {
  return {
    device_id,
    model,
    ...(fleet !== undefined && { fleet }),
    ...(tags !== undefined && { tags }),
    public_key: keyOf(public_key),
    registered_by: caller.subject.slice(0, 256),
  };
}

/** Nothing but the members of a public key. */
function keyOf({ kty, crv, x }: PublicKeyBody): Registration['public_key'] {
  return { kty, crv, x };
}
