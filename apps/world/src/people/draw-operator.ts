import { chance, pick, weighted } from '@edgeflow/simulation';
import { integerBetween, type Entropy } from '@edgeflow/runtime';
import { FLEETS, type SceneDevice } from '../scene/scene.js';
import type { Action, OperatorAction, PlainAction } from './action.js';
import { drawRollout, drawWindow } from './draw-rollout.js';
import type { SeenRollout, Standing } from './screen.js';

type Chance = Pick<Entropy, 'random'>;
type Deed = PlainAction | 'amend';

/** What an operator does to a rollout that stands so, by weight. */
const DEEDS: Readonly<Record<Standing, readonly (readonly [Deed, number])[]>> = {
  accepted: [
    ['pause', 1],
    ['abort', 0.5],
  ],
  running: [
    ...([
      ['pause', 3],
      ['abort', 1],
    ] as const),
    ...([
      ['rollback', 2],
      ['skip', 1],
      ['amend', 2],
    ] as const),
  ],
  paused: [
    ...([
      ['resume', 7],
      ['abort', 1],
      ['rollback', 3],
    ] as const),
    ...([
      ['skip', 1],
      ['amend', 1],
    ] as const),
  ],
  completed: [['rollback', 2]],
  aborted: [['rollback', 2]],
  rolling_back: [
    ['abort', 1],
    ['amend', 0.5],
  ],
  rolled_back: [['retry', 1]],
};
/** What fits no state is refused, and is to be. */
const ANY: readonly Deed[] = ['pause', 'resume', 'abort', 'approve', 'retry', 'rollback', 'skip', 'amend'];

const AMENDMENTS: readonly object[] = [
  { limits: { max_in_flight: 1 } },
  { limits: null },
  { batch_size: 1 },
  { soak_s: 5 },
  { deadlines: { waiting_s: 20 } },
  { deadline_s: 45 },
  { failure: { count: 1, action: 'rollback' } },
  { failure: null },
  { window: null },
];

/** What an operator finds when he looks. */
export interface Sight {
  /** The rollouts that he has a name for, the oldest first. */
  rollouts: readonly (SeenRollout & { label: string })[];
  /** Devices with an open update. */
  busy: readonly string[];
}

/** An operator of an organization: rolls out, looks after what runs, and takes single devices in hand. */
export class Operator {
  private asked = 0;

  constructor(
    private readonly org: string,
    private readonly devices: readonly SceneDevice[],
    /** What there is to roll out. */
    private readonly versions: readonly string[],
    private readonly entropy: Chance,
  ) {}

  /** He asks for a rollout. */
  rollout(): OperatorAction & { does: 'rollout' } {
    const { org, entropy, devices, versions } = this;
    const label = `${org}-${(this.asked += 1)}`;
    return { who: 'operator', does: 'rollout', org, label, body: drawRollout(entropy, devices, versions) };
  }

  /** He takes a single device in hand. */
  update(): Action {
    const { org, entropy, devices, versions } = this;
    const more = {
      ...(chance(entropy, 0.5, 'queue') && { when_offline: 'queue' }),
      ...(chance(entropy, 0.2, 'force') && { force: true }),
      ...(chance(entropy, 0.5, 'deadline') && { deadline_s: pick(entropy, [20, 40, 60], 'deadline') }),
      ...(chance(entropy, 0.04, 'window') && { window: drawWindow(entropy) }),
      ...(chance(entropy, 0.1, 'past-window') && { ignore_window: true, reason: 'now' }),
    };
    const device_id = pick(entropy, devices, 'device').device_id;
    const version = pick(entropy, versions, 'update-version');
    return { who: 'operator', does: 'update', org, body: { device_id, version, ...more } };
  }

  /** He has looked, and does something about what he sees, or nothing. */
  looks(sight: Sight): Action | undefined {
    const { org, entropy } = this;
    const does = weighted(
      entropy,
      [
        ['act', sight.rollouts.length > 0 ? 6 : 0],
        ['cancel', sight.busy.length > 0 ? 1 : 0],
        ['device-rollback', 0.5],
        ['update', 1],
        ['window', 0.1],
        ['nothing', 4],
      ] as const,
      'operator',
    );
    switch (does) {
      case 'act':
        return this.act(sight);
      case 'update':
        return this.update();
      case 'cancel': {
        const device_id = pick(entropy, sight.busy, 'busy');
        return { who: 'operator', does, org, device_id, force: chance(entropy, 0.4, 'force') };
      }
      case 'device-rollback':
        return { who: 'operator', does, org, device_id: pick(entropy, this.devices, 'device').device_id };
      case 'window': {
        const window = chance(entropy, 0.6, 'window') ? { window: drawWindow(entropy) } : {};
        return { who: 'operator', does, org, fleet: pick(entropy, FLEETS, 'fleet'), ...window };
      }
      case 'nothing':
        return undefined;
    }
  }

  /** The newest rollout is the one that is most on his mind. */
  private act({ rollouts }: Sight): Action | undefined {
    const { org, entropy } = this;
    const newest = rollouts.at(-1);
    const seen = chance(entropy, 0.6, 'newest') ? newest : pick(entropy, rollouts, 'rollout');
    if (!seen) return undefined;
    const { label } = seen;
    const does = chance(entropy, 0.07, 'any') ? pick(entropy, ANY, 'deed') : weighted(entropy, deedsFor(seen), 'deed');
    if (does === 'amend') {
      const body = { ...pick(entropy, AMENDMENTS, 'amendment'), reason: 'the weather' };
      return { who: 'operator', does, org, label, body };
    }
    const reason = chance(entropy, 0.85, 'reason') ? { reason: 'as planned' } : {};
    const takesWave = does === 'retry' || does === 'skip';
    const wave = takesWave && chance(entropy, 0.4, 'of-a-wave') ? { wave: integerBetween(entropy, 0, 3, 'wave') } : {};
    return { who: 'operator', does: 'act', org, label, action: does, ...reason, ...wave };
  }
}

function deedsFor({ standing, approval, failures }: SeenRollout): (readonly [Deed, number])[] {
  const isAsked = standing === 'accepted' ? approval !== undefined : approval === 'every_wave';
  const approve = isAsked && (standing === 'accepted' || standing === 'running') ? 8 : 0;
  return [...DEEDS[standing], ['approve', approve], ['retry', failures > 0 ? 3 : 0]];
}
