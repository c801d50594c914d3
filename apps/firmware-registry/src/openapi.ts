import { openApiOf } from '@edgeflow/service-host';
import { RegistryModule } from './registry.module.js';

/** This service's OpenAPI document, made without starting anything; docs/openapi has it as a file. */
export const openApiDocument = () =>
  openApiOf({ name: 'firmware-registry', prefix: 'registry', module: RegistryModule.with({ core: {} } as never) });
