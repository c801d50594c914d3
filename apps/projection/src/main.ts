import { readConfig, runService } from '@edgeflow/service-host';
import { ProjectionConfig } from './projection.config.js';
import { startProjection } from './projection.js';

await runService(() => startProjection(readConfig(ProjectionConfig)));
