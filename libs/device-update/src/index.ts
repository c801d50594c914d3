export { emptyLane, type DeviceLane, type EventRef } from './device-lane.js';
export { dueAt } from './deadline.js';
export { evolve } from './device-lane.evolve.js';
export { decide, isDue, type Decision, type Surroundings } from './device-update.decider.js';
export type { CatalogEntry, FirmwareOf } from './firmware-catalog.js';
export { lastGood, rolloutUpdateId, updateIdOf, type OfRollout, type RolloutOrder } from './order.js';
export { wakesAt } from './phase-deadline.js';
export { decideOrder, withdraw, type Withdrawal } from './rollout-order.decider.js';
