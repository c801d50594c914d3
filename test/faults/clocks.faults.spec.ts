import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import { decisionsOf, SecondOrchestrator } from '../e2e/second-orchestrator.js';
import { eventsOf } from '../security/events-of.js';
import { holds } from './invariants.js';

const HOUR_MS = 3_600_000;

let rollouts: Rollouts;
beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** What time alone has brought about, of all that is on the log. */
const expired = async (): Promise<string[]> =>
  (await eventsOf(rollouts.standalone)).flatMap(({ type }) =>
    type === 'UpdateFailed' || type === 'DeadlineReached' ? [type] : [],
  );

describe.each([
  ['behind', -HOUR_MS],
  ['ahead', HOUR_MS],
])('an orchestrator whose clock is an hour %s', (side, ahead_ms) => {
  it('says so, does not take the lead from one that is frozen, and ends no update', async () => {
    const { standalone } = rollouts;
    const wrong = await SecondOrchestrator.beside(standalone, {}, ahead_ms);
    try {
      const report = await textOf(`${wrong.url}/readyz`);
      expect(report).toMatch(new RegExp(`clock-skew: .*3(600|599)\\.\\d s ${side}`));
      expect(await textOf(`${wrong.url}/metrics`)).toMatch(/^edgeflow_clock_skew_seconds -?3(600|599)/m);

      const name = `hour-${side}`;
      const fleet = await rollouts.fleet(name);
      await fleet.join(ids(10, name));
      const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: name } };
      const failure = { count: 1, per: 'rollout', action: 'rollback' };
      const first = standalone.pidOf('rollout-orchestrator');
      process.kill(first, 'SIGSTOP');
      try {
        // Longer than a lease: a standby with a right clock would lead by now.
        await standalone.eventually(
          async () => ({ status: 0, body: await textOf(`${wrong.url}/readyz`) }),
          (answer) => answer.body.includes('nobody folds'),
        );
        expect(await decisionsOf(wrong.url)).toBe(0);
      } finally {
        process.kill(first, 'SIGCONT');
      }
      const id = await rollouts.start({ ...body, failure, deadline_s: 600 }, 10);
      const { succeeded } = await rollouts.reaches(id, 'completed');
      expect(succeeded).toBe(10);
      expect(await expired()).toEqual([]);
    } finally {
      await wrong.kill();
    }
    await holds(standalone);
  });
});
