import { readConfig, runService } from '@edgeflow/service-host';
import { OrchestratorConfig } from './config.js';
import { startOrchestrator } from './orchestrator.js';

await runService(() => startOrchestrator(readConfig(OrchestratorConfig)));
