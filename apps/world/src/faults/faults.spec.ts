import { SeededEntropy, type Outcome } from '@edgeflow/simulation';
import { configureLogger } from '@edgeflow/telemetry';
import { describe, expect, it } from 'vitest';
import { simulatedWorld } from '../world/simulated-world.js';
import { drawFaults, drawKind, FAULTS, faultOf, scriptedFault } from './faults.js';

configureLogger({ service: 'spec', level: 'silent' });

const TARGETS = {
  nodes: ['registry-1', 'orchestrator-1', 'gateway-1', 'projection-1'],
  devices: [{ org: 'acme', device_id: 'acme_1', kind: 'agent' as const }],
  orgs: ['acme'],
};
/** In the first minute, in which people act. */
const WITHIN_MS = 55_000;
const SEED = 2;

const drawn = simulatedWorld.draw(SEED);
const gentle = { ...drawn, settings: { ...drawn.settings, gentle: true, devices: 2, orgs: 1 }, faults: [] };
/** What people do where nothing goes wrong. */
const without = await simulatedWorld.run(gentle);

/** A gentle history, but for one kind of fault. */
async function withAlone(kind: string): Promise<Outcome> {
  const faults = drawKind(kind, new SeededEntropy(`spec ${kind}`), TARGETS, WITHIN_MS);
  return simulatedWorld.run({ ...gentle, faults: [kind], actions: [...without.actions, ...faults.map(scriptedFault)] });
}

describe('a fault', () => {
  it.each(Object.keys(FAULTS))('%s strikes, and alone it breaks no promise', async (kind) => {
    const { counts, violations } = await withAlone(kind);
    expect(violations).toEqual([]);
    expect(counts[`faults: ${kind}`]).toBeGreaterThan(0);
  });
});

describe('the faults of a history', () => {
  const histories = Array.from({ length: 300 }, (_, seed) => drawFaults(new SeededEntropy(seed), TARGETS, 600_000));

  it('are others in each, sometimes none, and in some hundred histories there are all', () => {
    const kinds = histories.map((faults) => new Set(faults.map(({ kind }) => kind)));
    expect(new Set(kinds.flatMap((of) => [...of]))).toEqual(new Set(Object.keys(FAULTS)));
    expect(kinds.filter(({ size }) => size === 0).length).toBeGreaterThan(30);
    for (const { size } of kinds) expect(size).toBeLessThan(Object.keys(FAULTS).length);
  });

  it('are data, and over when people have done what they do', () => {
    for (const fault of histories.flat()) {
      const { at_ms, for_ms } = fault;
      expect(at_ms + for_ms).toBeLessThanOrEqual(600_000);
      expect(faultOf(JSON.parse(JSON.stringify(scriptedFault(fault))))).toEqual(fault);
    }
  });
});
