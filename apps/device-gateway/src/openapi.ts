import { openApiOf } from '@edgeflow/service-host';
import { GatewayModule } from './gateway.module.js';

/** This service's OpenAPI document, made without starting anything; docs/openapi has it as a file. */
export const openApiDocument = () =>
  openApiOf({ name: 'device-gateway', prefix: 'gateway', module: GatewayModule.of({} as never) });
