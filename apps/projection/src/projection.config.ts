import { FoldingServiceConfig } from '@edgeflow/service-host';

/** The projection's environment (docs/operations.md); its read models are in the schema `projection`. */
export class ProjectionConfig extends FoldingServiceConfig {}
