import type { Model } from '@edgeflow/fold/memory';
import { shareOutModel } from './memory/share-out.model.js';

/** What the named statements about these rows are in memory. */
export const MODELS: readonly Model[] = [shareOutModel];
