import { openApiOf } from '@edgeflow/service-host';
import { AppModule } from './app.module.js';

/** This service's OpenAPI document, made without starting anything; docs/openapi has it as a file. */
export const openApiDocument = () =>
  openApiOf({ name: 'rollout-orchestrator', prefix: 'orchestrator', module: AppModule.with({} as never) });
