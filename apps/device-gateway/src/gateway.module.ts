import { Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { DEVICE_AUTHENTICATOR, type DeviceAuthenticator } from '@edgeflow/identity';
import { ClaimedRegistration } from './claims/claimed-registration.js';
import { Claims } from './claims/claims.js';
import { ClaimsController } from './claims/claims.controller.js';
import { Signatures } from './delivery/signatures.js';
import { proveDevice } from './devices/device-credential.js';
import { Devices } from './devices/devices.js';
import { DevicesController } from './devices/devices.controller.js';
import type { Tunnels } from './tunnel/tunnels.js';
import type { TunnelUpgrade } from './upgrade/tunnel-upgrade.js';

/** What the gateway is made of, once the log is there. */
export interface GatewayParts {
  devices: Devices;
  claims: Claims;
  claimed: ClaimedRegistration;
  signatures: Signatures;
  tunnels: Tunnels;
  upgrade: TunnelUpgrade;
}

/** Ends the tunnels before the HTTP server, which would wait for their connections for ever. */
class TunnelsEnd implements OnModuleDestroy {
  constructor(private readonly parts: GatewayParts) {}

  async onModuleDestroy(): Promise<void> {
    await this.parts.tunnels.stop();
    await this.parts.upgrade.stop();
  }
}

@Module({})
export class GatewayModule {
  static of(parts: GatewayParts): DynamicModule {
    const authenticator: DeviceAuthenticator = async (token) => (await proveDevice(parts.devices, token)).device;
    return {
      module: GatewayModule,
      controllers: [ClaimsController, DevicesController],
      providers: [
        { provide: Claims, useValue: parts.claims },
        { provide: ClaimedRegistration, useValue: parts.claimed },
        { provide: Devices, useValue: parts.devices },
        { provide: Signatures, useValue: parts.signatures },
        { provide: DEVICE_AUTHENTICATOR, useValue: authenticator },
        { provide: TunnelsEnd, useValue: new TunnelsEnd(parts) },
      ],
      exports: [DEVICE_AUTHENTICATOR],
    };
  }
}
