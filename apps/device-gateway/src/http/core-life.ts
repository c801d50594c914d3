import { Injectable, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { GatewayCore } from '../gateway.core.js';

/** Ends the core with the app: its sessions before the last requests are answered, the lease behind them. */
@Injectable()
export class CoreLife implements OnModuleDestroy, OnApplicationShutdown {
  constructor(private readonly core: GatewayCore) {}

  onModuleDestroy(): Promise<void> {
    return this.core.endSessions();
  }

  onApplicationShutdown(): Promise<void> {
    return this.core.leave();
  }
}
