export { GatewayConfig } from './gateway.config.js';
export { GatewayCore, type GatewayParts } from './gateway.core.js';
export type { Processes } from './processors/lease/this-process.js';
