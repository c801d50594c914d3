export { FleetWindowRow } from './fleet-window.row.js';
export { closedFleets, fleetsWithoutChance, foldFleetWindows, type ClosedFleet } from './fleet-windows.js';
export { foldRollouts } from './fold-rollouts.js';
export { ExclusionRow, MemberRow } from './member.row.js';
export { RolloutRow } from './rollout.row.js';
export { passRollouts } from './rollouts.js';
