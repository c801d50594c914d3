import { chance, weighted, type SeededEntropy } from '@edgeflow/simulation';
import { integerBetween } from '@edgeflow/runtime';
import type { Action } from '../people/action.js';
import { drawKeeper } from '../people/draw-keeper.js';
import { Operator } from '../people/draw-operator.js';
import { drawPublisher, drawVersions, firstUploads } from '../people/draw-publisher.js';
import { Team } from '../people/draw-team.js';
import { drawDevices } from './draw-devices.js';
import { drawFaults } from '../faults/faults.js';
import { MODELS, namesOf, type Nodes, type Scene, SceneDevice, TimedAction } from './scene.js';

/** How wild a history is to be. */
export interface Wildness {
  /** Which share of the devices is the real agent, from 0 to 1. */
  agents?: number;
  /** Every device does as it is told, and nothing is cut. */
  gentle?: boolean;
}

const ORGS = ['acme', 'globex'];
/** Uploads come first. */
const UPLOAD_MS = 200;
const FIRST_ACT_MS = 2_000;
/** A process that finds another one folding is there after so long, and nothing can be done before: what came due meanwhile would come at once. */
const STANDBY_MS = 5_200;

/** How much there is of everything, from the least to less than the most; of devices, by weight. */
interface Size {
  devices: readonly (readonly [devices: number, weight: number])[];
  /** For how long people act. */
  acts_s: readonly [number, number];
  rollouts: readonly [number, number];
  /** Of each kind of what else is done: updates, requests of teams. */
  others: readonly [number, number];
}

/** Most faults need little: many small histories find more than a few large ones. */
const SMALL: Size = {
  devices: [
    [1, 9],
    [2, 7],
    [3, 4],
  ],
  ...{ acts_s: [12, 26], rollouts: [1, 3], others: [0, 2] },
};
/** Some need waves of several devices, or rollouts that meet. */
const LARGE: Size = {
  devices: [3, 4, 5, 6, 7].map((devices) => [devices, 1] as const),
  ...{ acts_s: [40, 80], rollouts: [1, 4], others: [0, 3] },
};
const LARGE_SHARE = 0.04;
const ONE = [0, 2] as const;
/** Devices of a second organization. */
const BESIDE = 1;

/** What happens in the history of a seed, but for its faults and for what people do about what they see. The same seed, the same scene. */
export function drawScene(
  seed: number,
  entropy: SeededEntropy,
  { agents = 0.4, gentle = false }: Wildness = {},
): Scene {
  const draws = entropy.child('scene');
  const size = chance(draws, LARGE_SHARE, 'large') ? LARGE : SMALL;
  const orgs = ORGS.slice(0, chance(draws, 0.2, 'second-org') ? 2 : 1);
  const signing = orgs.filter(() => chance(draws, 0.5, 'signing'));
  const versions = Object.fromEntries(orgs.map((org) => [org, drawVersions(entropy.child(`versions/${org}`))]));
  const devices = orgs.flatMap((org, index) => {
    const count = index === 0 ? weighted(draws, size.devices, 'devices') : BESIDE;
    return drawDevices(org, count, { agents, versions: versions[org] ?? [] }, entropy.child(`devices/${org}`));
  });
  const acts_ms = integerBetween(draws, ...size.acts_s, 'seconds') * 1_000;
  const nodes = drawNodes(draws);
  const begin_ms = nodes.orchestrator > 1 || nodes.projection > 1 ? STANDBY_MS : 0;
  const actions = orgs.flatMap((org, index) =>
    drawActions(
      {
        ...{ org, size, begin_ms, acts_ms, versions: versions[org] ?? [] },
        devices: devices.filter((one) => one.org === org),
        ...{ needsSignature: signing.includes(org), isLeftAlone: index > 0 },
      },
      entropy.child(`people/${org}`),
    ),
  );
  const faults = drawFaults(entropy.child('faults'), { nodes: namesOf(nodes), devices, orgs }, acts_ms);
  return {
    ...{ seed, orgs, signing, acts_ms, nodes, versions },
    devices: gentle ? devices.map(gently) : devices,
    actions: actions.toSorted((one, other) => one.at_ms - other.at_ms),
    faults: gentle ? [] : faults.toSorted((one, other) => one.at_ms - other.at_ms),
  };
}

interface Stage {
  org: string;
  size: Size;
  devices: readonly SceneDevice[];
  /** What there is to roll out. */
  versions: readonly string[];
  /** Nobody is there before. */
  begin_ms: number;
  acts_ms: number;
  needsSignature: boolean;
  /** Little happens in it: it is there to be left alone by what happens in the other one. */
  isLeftAlone: boolean;
}

/** What people do whatever they see: uploads first, then rollouts, and now and then something else. */
function drawActions(stage: Stage, entropy: SeededEntropy): TimedAction[] {
  const { org, size, devices, acts_ms, needsSignature, isLeftAlone } = stage;
  const models = MODELS.filter((model) => devices.some((device) => device.model === model));
  const first = firstUploads({ org, needsSignature, models }, stage.versions, entropy).map((action, index) => ({
    at_ms: stage.begin_ms + index * UPLOAD_MS,
    action,
  }));
  const some = ([least, most]: readonly [number, number], what: string): number =>
    integerBetween(entropy, least, isLeftAlone ? 2 : most, what);
  // A version that nobody has uploaded is asked for now and then.
  const versions = chance(entropy, 0.1, 'unknown-version') ? [...stage.versions, '3.0.0'] : stage.versions;
  const operator = new Operator(org, devices, versions, entropy);
  const team = new Team(org, devices, versions, entropy);
  const rollouts = Array.from({ length: some(size.rollouts, 'rollouts') }, () => operator.rollout());
  const labels = rollouts.map(({ label }) => label);
  const others: Action[] = [
    ...Array.from({ length: some(size.others, 'updates') }, () => operator.update()),
    ...Array.from({ length: some(size.others, 'requests') }, () => team.draw(labels)),
    ...Array.from({ length: some(ONE, 'publications') }, () => drawPublisher(org, stage.versions, entropy)),
    ...Array.from({ length: some(ONE, 'changes') }, () => drawKeeper(devices, entropy)),
  ];
  const begin = stage.begin_ms + first.length * UPLOAD_MS + FIRST_ACT_MS;
  return [...first, ...spread(rollouts, 0.6), ...spread(others, 0.9)];

  /** The first rollout comes at once, the others while there is time for them. */
  function spread(acts: readonly Action[], share: number): TimedAction[] {
    return acts.map((action, index) => {
      const isFirst = action === rollouts[0] && index === 0;
      const later_ms = isFirst ? 0 : entropy.random('when') * (acts_ms - begin) * share;
      return { at_ms: Math.round(begin + later_ms), action };
    });
  }
}

function drawNodes(entropy: SeededEntropy): Nodes {
  const two = (share: number, what: string): number => (chance(entropy, share, what) ? 2 : 1);
  return {
    orchestrator: two(0.3, 'orchestrators'),
    gateway: two(0.3, 'gateways'),
    projection: two(0.2, 'projections'),
    registry: two(0.2, 'registries'),
  };
}

function gently(device: SceneDevice): SceneDevice {
  const temper = { ...device.temper, deeds: [['installs', 1]] as const, flaws: [], power_cuts: 0, losses: 0 };
  return { ...device, temper: { ...temper, odd_version: false, floods: false, has_twin: false }, offset_ms: 0 };
}
