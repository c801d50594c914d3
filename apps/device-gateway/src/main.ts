import 'reflect-metadata';
import { readConfig, runService } from '@edgeflow/service-host';
import { startGateway } from './gateway.js';
import { GatewayConfig } from './gateway.config.js';

await runService(() => startGateway(readConfig(GatewayConfig)));
