import { ConfigError } from '@edgeflow/service-host';
import type { Holder } from './lease-record.js';

/** A live process is the gateway that we were to be: the configuration gives two the same id. The process ends with exit code 78. */
export class GatewayIdInUse extends ConfigError {
  readonly code = 'gateway-id-in-use';

  constructor(gatewayId: string, { host, pid, since }: Holder) {
    super([
      `gateway-id-in-use: GATEWAY_ID ${gatewayId} is held by a live gateway (host ${host}, process ${pid}, since ${since}); ` +
        `give each gateway an id of its own, or stop that one first (docs/operations.md)`,
    ]);
  }
}
