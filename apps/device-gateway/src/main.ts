import 'reflect-metadata';
import { readConfig, runService } from '@edgeflow/service-host';
import { startGateway } from './gateway.js';
import { GatewayConfig } from './gateway.config.js';

// Who lost its lease is to be started anew by its supervisor, as after a crash.
await runService(() => startGateway(readConfig(GatewayConfig), () => process.exit(1)));
