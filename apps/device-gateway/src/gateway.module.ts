import { Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { Devices } from './devices/devices.js';
import { DevicesController } from './devices/devices.controller.js';
import { Tunnels } from './tunnel/tunnels.js';
import { TunnelUpgrade } from './upgrade/tunnel-upgrade.js';

/** What the gateway is made of, once the log is there. */
export interface GatewayParts {
  devices: Devices;
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
    return {
      module: GatewayModule,
      controllers: [DevicesController],
      providers: [
        { provide: Devices, useValue: parts.devices },
        { provide: TunnelsEnd, useValue: new TunnelsEnd(parts) },
      ],
    };
  }
}
