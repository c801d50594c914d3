import { modelOfQuery, type Model } from '@edgeflow/fold/memory';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { TO_DECIDE } from '../processors/rollouts.processor.js';

const toDecide = modelOfQuery(TO_DECIDE, async (tables) =>
  (await tables.all(RolloutRow))
    .filter(({ active, status }) => active || status === 'paused')
    .toSorted((a, b) => b.priority - a.priority || a.first_position - b.first_position),
);

export const toDecideModels: readonly Model[] = [toDecide];
