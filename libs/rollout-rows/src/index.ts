export { foldRollouts } from './fold-rollouts.js';
export { ExclusionRow, MemberRow } from './member.row.js';
export { RolloutRow } from './rollout.row.js';
