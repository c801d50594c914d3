import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

/** Nothing that one organization does leads to an event of another, nor does an event name what another one has. */
export class Organizations implements Invariant {
  readonly name = 'organizations stand apart';
  private readonly orgs = new Map<string, string>();
  private readonly rollouts = new Set<string>();

  observe(event: StoredEvent): string[] {
    const { id, org, causation_id, correlation_id } = event;
    this.orgs.set(id, org);
    if (event.entity === 'rollout') this.rollouts.add(within(event, event.entity_id));
    const faults = [causation_id, correlation_id].flatMap((cause) => {
      const whose = cause === undefined ? undefined : this.orgs.get(cause);
      return whose === undefined || whose === org ? [] : [`it follows from ${cause} of ${whose}`];
    });
    const rollout_id = rolloutOf(event);
    const isKnown = rollout_id === undefined || this.rollouts.has(within(event, rollout_id));
    return isKnown ? faults : [...faults, `${rollout_id} is no rollout of ${org}`];
  }

  end(): string[] {
    return [];
  }
}

function rolloutOf({ entity, data }: StoredEvent): string | undefined {
  if (entity !== 'update' || !('rollout_id' in data)) return undefined;
  return data.rollout_id;
}
