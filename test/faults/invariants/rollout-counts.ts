import type { StoredEvent } from '@edgeflow/contracts';
import type { Resource, Wave } from '../../e2e/rollouts.harness.js';
import type { StandaloneUnderTest } from '../../e2e/standalone.harness.js';

/** What is wrong with the counts of the rollouts, a line each: they add up in each wave and over all, and are what the log says. */
export async function rolloutFaults(
  standalone: StandaloneUnderTest,
  events: readonly StoredEvent[],
): Promise<string[]> {
  const faults: string[] = [];
  const end = events.at(-1)?.position ?? 0;
  for (const event of events) {
    if (event.type !== 'RolloutAccepted') continue;
    const { org, entity_id } = event;
    const path = `/query/v1/rollouts/${entity_id}?after=${end}`;
    const { status, body } = await standalone.ask<Resource>(org, 'viewer', 'GET', path);
    if (status === 200) faults.push(...countFaults(body, succeededIn(events, event)));
    else faults.push(`${entity_id} is accepted, and ${path} answers ${status}`);
  }
  return faults;
}

function countFaults(resource: Resource, succeeded: ReadonlySet<string>): string[] {
  const { rollout_id, waves, rollback, eligible } = resource;
  const said = (what: string): string => `${rollout_id}: ${what}`;
  const uneven = [...waves, ...(rollback?.waves ?? [])].filter((wave) => totalOf(wave) !== wave.eligible);
  const planned = waves.reduce((sum, wave) => sum + wave.eligible, 0);
  return [
    ...uneven.map((wave) => said(`wave ${wave.index} has ${wave.eligible} devices and counts ${totalOf(wave)}`)),
    ...(planned === eligible ? [] : [said(`${eligible} are eligible, and ${planned} in its waves`)]),
    ...(resource.succeeded === succeeded.size
      ? []
      : [said(`${resource.succeeded} succeeded, and ${succeeded.size} by the log`)]),
  ];
}

function totalOf({ queued, in_flight, succeeded, failed, cancelled, skipped }: Wave): number {
  return queued + in_flight + succeeded + failed + cancelled + skipped;
}

/** Devices that have completed the rollout's way out. */
function succeededIn(events: readonly StoredEvent[], { org, entity_id }: StoredEvent): Set<string> {
  const done = events.flatMap((event) =>
    event.org === org && event.type === 'UpdateCompleted' && event.data.rollout_id === entity_id && !event.data.rollback
      ? [event.data.device_id]
      : [],
  );
  return new Set(done);
}
