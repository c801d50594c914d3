import { openApiOf } from '@edgeflow/service-host';
import { ProjectionModule } from './projection.module.js';

/** This service's OpenAPI document, made without starting anything; docs/openapi has it as a file. */
export const openApiDocument = () =>
  openApiOf({ name: 'projection', prefix: 'query', module: ProjectionModule.with({} as never) });
