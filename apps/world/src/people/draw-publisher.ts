import { chance, pick, shuffle, weighted } from '@edgeflow/simulation';
import type { Entropy } from '@edgeflow/runtime';
import { FACTORY_VERSION, MODELS, VERSIONS } from '../scene/scene.js';
import type { PublisherAction } from './action.js';

type Chance = Pick<Entropy, 'random'>;

/** What an organization has to roll out: two versions, now and then three, the newest last. */
export function drawVersions(entropy: Chance): string[] {
  const few = shuffle(entropy, VERSIONS, 'versions').slice(0, chance(entropy, 0.25, 'third-version') ? 3 : 2);
  return VERSIONS.filter((version) => few.includes(version));
}

/** Who publishes, and for whom. */
interface Publishing {
  org: string;
  needsSignature: boolean;
  /** Of the devices that there are. */
  models: readonly string[];
}

/** What there is before anybody rolls anything out: the factory's image, and these versions, for most models that somebody has. */
export function firstUploads(
  { org, needsSignature, models: had }: Publishing,
  versions: readonly string[],
  entropy: Chance,
): PublisherAction[] {
  return [FACTORY_VERSION, ...versions].map((version) => {
    const models = chance(entropy, 0.9, 'all-models') ? had : [pick(entropy, MODELS, 'model')];
    // One that nobody has signed where that is asked for is refused, and is to be.
    const signed = needsSignature ? !chance(entropy, 0.05, 'unsigned') : chance(entropy, 0.3, 'signed');
    return { who: 'publisher', does: 'upload', org, version, models, signed } as const;
  });
}

/** What a publisher does while others roll out. @param versions what there is to roll out: what stands in nobody's way is seldom touched */
export function drawPublisher(org: string, versions: readonly string[], entropy: Chance): PublisherAction {
  const does = weighted(
    entropy,
    [
      ['upload', 3],
      ['revoke', 3],
      ['delete', 1],
      ['rotate-key', 1],
      ['policy', 1],
    ] as const,
    'publisher',
  );
  // What everybody would go back to is what is missed most.
  const isFactory = chance(entropy, 0.4, 'factory');
  const version = isFactory ? FACTORY_VERSION : pick(entropy, [...versions, ...VERSIONS], 'version');
  switch (does) {
    case 'upload':
      return { who: 'publisher', does, org, version, models: [...MODELS], signed: chance(entropy, 0.7, 'signed') };
    case 'revoke':
    case 'delete':
      return { who: 'publisher', does, org, version, model: pick(entropy, MODELS, 'model') };
    case 'rotate-key':
      return { who: 'publisher', does, org };
    case 'policy':
      return { who: 'publisher', does, org, rollback: chance(entropy, 0.5, 'policy') ? 'refused' : 'allowed' };
  }
}
