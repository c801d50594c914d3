export { emptyLane, type DeviceLane, type EventRef } from './device-lane.js';
export { evolve } from './device-lane.evolve.js';
export { decide, isDue, updateIdOf, type Decision, type Surroundings } from './device-update.decider.js';
export type { CatalogEntry, FirmwareOf } from './firmware-catalog.js';
