import { SeededEntropy } from '@edgeflow/simulation';
import { parseSpec } from '@edgeflow/rollout';
import { describe, expect, it } from 'vitest';
import { DEEDS } from '../devices/temper.js';
import { drawScene } from './draw-scene.js';
import type { Scene } from './scene.js';

const scenes = Array.from({ length: 400 }, (_, index) => drawScene(index, new SeededEntropy(index)));
const all = <T>(of: (scene: Scene) => readonly T[]): T[] => scenes.flatMap(of);

describe('a scene', () => {
  it('is the same for the same seed, and is data', () => {
    const again = drawScene(7, new SeededEntropy(7));
    expect(again).toEqual(scenes[7]);
    expect(JSON.parse(JSON.stringify(again))).toEqual(again);
    expect(scenes[8]).not.toEqual(again);
  });

  it('is small: a few devices, and a few actions in some minutes', () => {
    for (const { devices, actions, acts_ms, orgs } of scenes) {
      expect(devices.length).toBeGreaterThanOrEqual(1);
      expect(devices.length).toBeLessThanOrEqual(9);
      expect(actions.length).toBeLessThanOrEqual(10 * orgs.length + 15);
      expect(actions.map(({ at_ms }) => at_ms)).toEqual(actions.map(({ at_ms }) => at_ms).toSorted((a, b) => a - b));
      expect(actions.at(-1)?.at_ms).toBeLessThan(acts_ms);
    }
  });

  it('has nobody do anything before all processes are there, so that images come before what is done with them', () => {
    for (const { actions, nodes } of scenes) {
      const [first] = actions;
      expect(first?.at_ms).toBe(nodes.orchestrator > 1 || nodes.projection > 1 ? 5_200 : 0);
    }
  });

  it('is a larger one now and then', () => {
    const large = scenes.filter(({ acts_ms }) => acts_ms > 40_000);
    expect(large.length).toBeGreaterThan(scenes.length / 40);
    expect(large.length).toBeLessThan(scenes.length / 10);
  });

  it('has, in some hundred of them, everybody do whatever needs no look at what there is', () => {
    const deeds = new Set(all(({ actions }) => actions.map(({ action }) => `${action.who} ${action.does}`)));
    expect([...deeds].toSorted()).toEqual([
      ...['keeper move', 'keeper reinstate', 'keeper remove', 'keeper revoke'],
      ...['operator rollout', 'operator update'],
      ...['publisher delete', 'publisher policy', 'publisher revoke', 'publisher rotate-key', 'publisher upload'],
      'team publish',
    ]);
    const tempers = new Set(all(({ devices }) => devices.flatMap(({ temper }) => temper.deeds.map(([deed]) => deed))));
    expect(tempers).toEqual(new Set(DEEDS));
  });

  it('asks for rollouts of every strategy, all of which are well formed', () => {
    const bodies = all(({ actions }) =>
      actions.flatMap(({ action }) => (action.who === 'operator' && action.does === 'rollout' ? [action.body] : [])),
    ) as { strategy: { type: string } }[];
    expect(new Set(bodies.map(({ strategy }) => strategy.type)).size).toBe(4);
    for (const body of bodies) expect(() => parseSpec(body)).not.toThrow();
  });

  it('lets everybody do as they are told where it is to be gentle', () => {
    const { devices } = drawScene(3, new SeededEntropy(3), { gentle: true, agents: 1 });
    expect(new Set(devices.map(({ kind }) => kind))).toEqual(new Set(['agent']));
    expect(devices.flatMap(({ temper }) => temper.deeds.map(([deed]) => deed))).toEqual(devices.map(() => 'installs'));
  });
});
