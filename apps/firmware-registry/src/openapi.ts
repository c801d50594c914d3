import { openApiOf } from '@edgeflow/service-host';
import { AppModule } from './app.module.js';

/** This service's OpenAPI document, made without starting anything; docs/openapi has it as a file. */
export const openApiDocument = () =>
  openApiOf({ name: 'firmware-registry', prefix: 'registry', module: AppModule.with({} as never) });
