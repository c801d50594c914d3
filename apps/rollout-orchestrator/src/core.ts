export { OrchestratorConfig } from './orchestrator.config.js';
export { OrchestratorCore, type OrchestratorPace, type OrchestratorParts } from './orchestrator.core.js';
export { ENTITIES, SCHEMA, VERSION, orchestratorFold } from './processors/orchestrator.fold.js';
export { fromWholeRows } from './requests/whole-rows.js';
export { DeviceStateRow } from './rows/device-state.row.js';
export { FirmwareRow } from './rows/firmware.row.js';
export { TrustRow } from './rows/trust.row.js';
export { UpdateOwnerRow } from './rows/update-owner.row.js';
