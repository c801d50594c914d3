import { join } from 'node:path';
import { configureLogger } from '@edgeflow/telemetry';
import { loadKept, runTwice } from '@edgeflow/simulation';
import { describe, expect, it } from 'vitest';
import type { Scene } from '../scene/scene.js';
import { simulatedWorld } from './simulated-world.js';

configureLogger({ service: 'spec', level: 'silent' });

/** A history takes some seconds, and machines are used by others. */
const PATIENCE_MS = 600_000;

describe('the simulated world', { timeout: PATIENCE_MS }, () => {
  it('comes to a good end where everybody does as they are told', async () => {
    const drawn = simulatedWorld.draw(1);
    const outcome = await simulatedWorld.run({ ...drawn, settings: { ...drawn.settings, gentle: true } });
    expect(outcome.violations).toEqual([]);
    expect(outcome.counts['events']).toBeGreaterThan(30);
  });

  it('has the same history for the same seed, to the last draw', async () => {
    const twice = await runTwice(simulatedWorld.run, simulatedWorld.draw(2));
    expect(twice.divergence).toBeUndefined();
  });

  it('has the same history again from what was done in it, where nobody looks and draws any more', async () => {
    const scenario = simulatedWorld.draw(6);
    const drawn = await simulatedWorld.run(scenario);
    const written = simulatedWorld.written?.({ ...scenario, actions: drawn.actions });
    const again = await simulatedWorld.run(JSON.parse(JSON.stringify(written)));
    expect(drawn.actions.some(({ actor, action }) => actor === 'operator' && action === 'act')).toBe(true);
    expect(again.trace_hash).toBe(drawn.trace_hash);
  });

  it('plays the scene that is written down, whatever its seed would draw', async () => {
    const scenario = simulatedWorld.draw(5);
    const { scene } = simulatedWorld.written?.({ ...scenario, settings: { ...scenario.settings, gentle: true } }) ?? {};
    const [device] = (scene as Scene).devices;
    const settings = { ...scenario.settings, gentle: true, devices: 9 };
    const alone = { ...(scene as Scene), devices: device ? [device] : [] };
    const outcome = await simulatedWorld.run({ ...scenario, settings, scene: alone, actions: [], faults: [] });
    expect(outcome.counts['devices']).toBe(1);
  });

  it('is kept with all that a seed had drawn, so that it stays the same however others are drawn', async () => {
    const kept = await loadKept(join(import.meta.dirname, '../../kept'));
    expect(kept.flatMap(({ name, kept: { scenario } }) => (scenario.scene === undefined ? [name] : []))).toEqual([]);
    expect(kept.length).toBeGreaterThan(10);
  });
});
