import { Module, type DynamicModule } from '@nestjs/common';
import { DEVICE_AUTHENTICATOR, type DeviceAuthenticator } from '@edgeflow/identity';
import { Claims } from './claims/claims.js';
import { Devices } from './devices/devices.js';
import { Enrolments } from './devices/enrolments.js';
import { GatewayConfig } from './gateway.config.js';
import { GatewayCore } from './gateway.core.js';
import { ClaimsController } from './http/claims.controller.js';
import { CoreLife } from './http/core-life.js';
import { DeviceLifeController } from './http/device-life.controller.js';
import { DevicesController } from './http/devices.controller.js';
import { PlainTunnelController } from './http/plain-tunnel.controller.js';
import { Sessions } from './session/sessions.js';
import { Tunnels } from './transports/websocket/tunnels.js';
import { TunnelUpgrade } from './transports/websocket/upgrade/tunnel-upgrade.js';
import { UpgradeEdges } from './transports/websocket/upgrade/upgrade-edges.js';

const authenticatorOf =
  ({ credentials }: GatewayCore): DeviceAuthenticator =>
  async (token) =>
    (await credentials.prove(token)).device;

/** The HTTP side of a core, which is composed and started before. */
@Module({})
export class GatewayModule {
  static of(core: GatewayCore): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [ClaimsController, DevicesController, DeviceLifeController, PlainTunnelController],
      providers: [
        { provide: GatewayCore, useValue: core },
        { provide: GatewayConfig, useFactory: () => core.parts.config },
        { provide: Claims, useValue: core.claims },
        { provide: Devices, useValue: core.devices },
        { provide: Enrolments, useValue: core.enrolments },
        { provide: Sessions, useValue: core.sessions },
        { provide: Tunnels, useValue: core.tunnels },
        { provide: DEVICE_AUTHENTICATOR, useFactory: () => authenticatorOf(core) },
        CoreLife,
        TunnelUpgrade,
        UpgradeEdges,
      ],
      exports: [DEVICE_AUTHENTICATOR],
    };
  }
}
