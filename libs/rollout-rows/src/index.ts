export { FleetWindowRow } from './fleet-window.row.js';
export {
  closedFleets,
  fleetsClosedTo,
  fleetsWithoutChance,
  foldFleetWindows,
  type ClosedFleet,
} from './fleet-windows.js';
export { foldRollouts } from './fold-rollouts.js';
export { ExclusionRow, MemberRow } from './member.row.js';
export { openingTogether } from './opening-together.js';
export { RolloutRow } from './rollout.row.js';
export { passRollouts } from './rollouts.js';
