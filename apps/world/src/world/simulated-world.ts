import { History, SeededEntropy, type How, type Outcome, type Scenario, type World } from '@edgeflow/simulation';
import { drawScene } from '../scene/draw-scene.js';
import type { Scene } from '../scene/scene.js';
import { play } from './history.js';

/** The simulated world, as the engine of simulations plays it: a scenario holds what differs from what its seed draws. */
export const simulatedWorld: World = { draw, run, written, least: { devices: 1, orgs: 1 } };

/** What of a scene stands nowhere else in a scenario that has its actions. */
type Written = Pick<Scene, 'orgs' | 'signing' | 'versions' | 'devices' | 'acts_ms'>;

function draw(seed: number): Scenario {
  const { devices, orgs, nodes, faults } = sceneOf(seed, false);
  const settings = { devices: devices.length, orgs: orgs.length, gentle: false, ...nodes };
  return { seed, settings, faults: [...new Set(faults.map(({ kind }) => kind))] };
}

function run(scenario: Scenario, how?: How): Promise<Outcome> {
  return History.run(scenario, how, (history) => play(history, sceneIn(scenario)));
}

function written(scenario: Scenario): Scenario {
  const { orgs, signing, versions, devices, acts_ms } = sceneIn(scenario);
  return { ...scenario, scene: { orgs, signing, versions, devices, acts_ms } satisfies Written };
}

/** @param gentle everybody does as they are told, and every device is a real agent */
function sceneOf(seed: number, gentle: boolean): Scene {
  return drawScene(seed, new SeededEntropy(seed), gentle ? { gentle, agents: 1 } : {});
}

/** The scene of a seed, but for what the scenario has otherwise. */
function sceneIn({ seed, settings, faults: kinds, scene }: Scenario): Scene {
  const drawn = { ...sceneOf(seed, settings['gentle'] === true), ...(scene as Written | undefined) };
  const orgs = drawn.orgs.slice(0, Number(settings['orgs']));
  const isThere = ({ org }: { org: string }): boolean => orgs.includes(org);
  const count = (what: keyof Scene['nodes']): number => Number(settings[what] ?? drawn.nodes[what]);
  return {
    ...{ ...drawn, orgs, devices: drawn.devices.filter(isThere).slice(0, Number(settings['devices'])) },
    nodes: {
      ...{ registry: count('registry'), orchestrator: count('orchestrator') },
      ...{ gateway: count('gateway'), projection: count('projection') },
    },
    actions: drawn.actions.filter(({ action }) => isThere(action)),
    faults: drawn.faults.filter(({ kind }) => kinds.includes(kind)),
  };
}
