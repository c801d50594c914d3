import { unreachable, type DataOf, type Fact } from '@edgeflow/contracts';
import { because, count, refusal, who } from './words.js';

/** What somebody asked for, and what answers it on its own lane. */
export type RequestFact = Extract<Fact, { type: `${string}Requested` | 'RequestRefused' | 'FleetWindowChanged' }>;

type Target = DataOf<'RolloutRequested'>['target'] & { device_count?: number };

/** What somebody asked for, in one plain sentence. A request that its owner refuses has no payload. */
export function requestText(event: RequestFact): string {
  if (Object.keys(event.data).length === 0) return 'Someone asked for something that cannot be read.';
  switch (event.type) {
    case 'RequestRefused':
      return `The request was refused ${refusal(event.data)}`;
    case 'FleetWindowChanged':
      return `Fleet ${event.data.fleet} ${event.data.window ? 'has a' : 'has no'} maintenance window now.`;
    default:
      return wishText(event);
  }
}

function wishText(event: Exclude<RequestFact, { type: 'RequestRefused' | 'FleetWindowChanged' }>): string {
  const by = who(event.data);
  switch (event.type) {
    case 'UpdateRequested':
      return `${by} asked for an update to ${event.data.version}.`;
    case 'RolloutRequested': {
      const { version, strategy, target, reason } = event.data;
      return `${by} asked for a rollout of ${version} to ${targetText(target)} (${strategy.type})${because(reason)}`;
    }
    case 'RolloutPauseRequested':
      return `${by} asked to pause the rollout${because(event.data.reason)}`;
    case 'RolloutResumeRequested':
      return `${by} asked to resume the rollout${because(event.data.reason)}`;
    case 'RolloutAbortRequested':
      return `${by} asked to abort the rollout${because(event.data.reason)}`;
    case 'RolloutApproveRequested':
      return `${by} asked to approve the rollout${because(event.data.reason)}`;
    case 'RolloutRetryRequested':
      return `${by} asked that the failed devices try again${because(event.data.reason)}`;
    case 'RollbackRequested': {
      const { device_id, reason } = event.data;
      return `${by} asked to roll back the ${device_id === undefined ? 'rollout' : 'device'}${because(reason)}`;
    }
    case 'FleetWindowRequested': {
      const { fleet, window, reason } = event.data;
      return `${by} asked ${window ? 'for a' : 'to remove the'} maintenance window of fleet ${fleet}${because(reason)}`;
    }
    default:
      return unreachable(event);
  }
}

/** Timelines have a number in the place of a list of devices. */
function targetText({ fleet, filter, devices, device_count }: Target): string {
  if (fleet !== undefined) return `fleet ${fleet}`;
  if (filter) return 'the devices of a filter';
  return count(device_count ?? devices?.length ?? 0, 'device');
}
