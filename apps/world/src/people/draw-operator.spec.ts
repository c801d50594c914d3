import { SeededEntropy } from '@edgeflow/simulation';
import { describe, expect, it } from 'vitest';
import { drawDevices } from '../scene/draw-devices.js';
import { Operator } from './draw-operator.js';
import type { SeenRollout, Standing } from './screen.js';

const versions = ['1.1.0', '2.0.0'];
const devices = drawDevices('acme', 4, { agents: 0.5, versions }, new SeededEntropy(1));

/** What an operator has done in some hundred looks at such a rollout. */
function done(standing: Standing, more: Partial<SeenRollout> = {}) {
  const operator = new Operator('acme', devices, versions, new SeededEntropy(2));
  const rollout = { label: 'acme-1', rollout_id: 'rol_1', standing, failures: 0, approval: undefined, ...more };
  return Array.from({ length: 600 }, () => operator.looks({ rollouts: [rollout], busy: ['acme_2'] })).flatMap(
    (action) => action ?? [],
  );
}

const acts = (of: ReturnType<typeof done>): string[] =>
  of.flatMap((one) => (one.who === 'operator' && one.does === 'act' ? [one.action] : []));
const often = (of: readonly string[]): string[] =>
  [...new Set(of)].filter((one) => of.filter((other) => other === one).length > 10).toSorted();

describe('an operator who looks', () => {
  it.each([
    ['paused', ['abort', 'resume', 'rollback', 'skip']],
    ['completed', ['rollback']],
    ['rolled_back', ['retry']],
  ] as const)('does to a rollout that is %s mostly what there is to do', (standing, expected) => {
    expect(often(acts(done(standing)))).toEqual(expected);
  });

  it('approves where he is asked to, and retries where something has failed', () => {
    expect(often(acts(done('accepted', { approval: 'start' })))).toContain('approve');
    expect(often(acts(done('running', { failures: 2 })))).toContain('retry');
    expect(often(acts(done('running')))).not.toContain('retry');
  });

  it('takes single devices in hand, cancels what is open, amends, sets windows, and often does nothing', () => {
    const all = done('running');
    expect([...new Set(all.map(({ does }) => does))].toSorted()).toEqual([
      ...['act', 'amend', 'cancel', 'device-rollback', 'update', 'window'],
    ]);
    expect(all.filter(({ does }) => does === 'cancel').map((one) => 'device_id' in one && one.device_id)).toContain(
      'acme_2',
    );
    expect(all.length).toBeLessThan(500);
  });

  it('does nothing to rollouts where there are none', () => {
    const operator = new Operator('acme', devices, versions, new SeededEntropy(3));
    const does = Array.from({ length: 200 }, () => operator.looks({ rollouts: [], busy: [] })?.does);
    expect(does).not.toContain('act');
    expect(does).not.toContain('cancel');
  });
});
