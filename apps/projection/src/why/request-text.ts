import { unreachable, type DataOf, type Fact, type RequestName } from '@edgeflow/contracts';
import { because, count, who } from './words.js';

export type RequestFact = Extract<Fact, { type: RequestName | 'RequestRefused' | 'FleetWindowChanged' }>;

type Target = DataOf<'RolloutRequested'>['target'] & { device_count?: number };

/** What somebody asked for, or was told, in one plain sentence. A request that its owner refuses has no payload. */
export function requestText(event: RequestFact): string {
  if (Object.keys(event.data).length === 0) return 'Someone asked for something that cannot be read.';
  if (event.type === 'RequestRefused') return `The request was refused: ${event.data.code}.`;
  if (event.type === 'FleetWindowChanged') return windowText(event.data);
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

function windowText({ fleet, window }: DataOf<'FleetWindowChanged'>): string {
  return window ? `Fleet ${fleet} has a new maintenance window.` : `Fleet ${fleet} has no maintenance window any more.`;
}

/** Timelines have a number in the place of a list of devices. */
function targetText({ fleet, filter, devices, device_count }: Target): string {
  if (fleet !== undefined) return `fleet ${fleet}`;
  if (filter) return 'the devices of a filter';
  return count(device_count ?? devices?.length ?? 0, 'device');
}
