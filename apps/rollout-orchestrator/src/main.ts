import { readConfig, runService } from '@edgeflow/service-host';
import { OrchestratorConfig } from './orchestrator.config.js';
import { startOrchestrator } from './orchestrator.js';

await runService(() => startOrchestrator(readConfig(OrchestratorConfig)));
