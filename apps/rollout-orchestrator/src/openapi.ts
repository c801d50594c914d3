import { openApiOf } from '@edgeflow/service-host';
import { OrchestratorModule } from './orchestrator.module.js';

/** This service's OpenAPI document, made without starting anything; docs/openapi has it as a file. */
export const openApiDocument = () =>
  openApiOf({ name: 'rollout-orchestrator', prefix: 'orchestrator', module: OrchestratorModule.with({} as never) });
