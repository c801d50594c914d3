import { unreachable, type DataOf, type Fact, type GateDecision } from '@edgeflow/contracts';
import type { PlannedInShort } from '../rollouts/rollout-timeline.js';
import { consequence, gateText, gateTextAt, numbersText, waveText } from './gate-text.js';
import { because, count, reasons, refusal, who } from './words.js';

/** The events of rollout lanes, as timelines hold them. */
export type RolloutFact =
  | Exclude<
      Extract<Fact, { type: `Rollout${string}` | `Wave${string}` | `Rollback${string}` }>,
      { type: `${string}Requested` | 'RolloutDevicesPlanned' }
    >
  | { type: 'RolloutDevicesPlanned'; data: PlannedInShort };

/** What happened to a rollout, in one plain sentence. */
export function rolloutText(event: RolloutFact): string {
  switch (event.type) {
    case 'RolloutAccepted':
      return acceptedText(event.data);
    case 'RolloutRejected':
      return `The request for the rollout was rejected ${refusal(event.data)}`;
    case 'RolloutDevicesPlanned':
      return plannedText(event.data);
    case 'RolloutStarted':
      return 'The rollout was started.';
    case 'RolloutApproved':
      return `${who(event.data)} approved wave ${event.data.wave}${because(event.data.reason)}`;
    case 'WaveStarted':
      return `${waveText(event.data.wave, event.data.stage)} was started: ${count(event.data.eligible, 'device')}.`;
    case 'WaveCompleted':
      return completedText(event.data);
    case 'RolloutPaused':
      return controlText(event.data, 'paused the rollout', 'The rollout was paused');
    case 'RolloutResumed':
      return `${controlText(event.data, 'resumed the rollout', 'The rollout goes on')}${overridden(event.data.gate)}`;
    case 'RolloutRetried':
      return `${who(event.data)} had ${count(event.data.devices, 'failed device')} try again${because(event.data.reason)}`;
    case 'RolloutAborted':
      return controlText(event.data, 'aborted the rollout', 'The rollout was aborted');
    case 'RolloutCompleted':
      return `The rollout was completed: ${numbersText(event.data.numbers)}.`;
    case 'RollbackTriggered':
      return triggeredText(event.data);
    case 'RollbackCompleted':
      return `The way back was completed: ${numbersText(event.data.numbers)}${noWayBack(event.data.unavailable)}.`;
    case 'RolloutActionRefused':
      return `The request to ${event.data.action.replaceAll('_', ' ')} was refused ${refusal(event.data)}`;
    default:
      return unreachable(event);
  }
}

function acceptedText({ spec, eligible, waves, excluded }: DataOf<'RolloutAccepted'>): string {
  const left = Object.keys(excluded).length > 0 ? `; left out: ${reasons(excluded)}` : '';
  return `The rollout of ${spec.version} was accepted: ${count(eligible, 'device')} in ${count(waves.length, 'wave')}${left}.`;
}

function plannedText({ stage, joined, device_count, excluded_count }: PlannedInShort): string {
  const left = excluded_count > 0 ? `, ${excluded_count.toLocaleString('en')} cannot` : '';
  if (stage === 'rollback') return `${count(device_count, 'device')} can go back to the version before${left}.`;
  if (joined) return `${count(device_count, 'device')} joined the rollout.`;
  return `${count(device_count, 'device')} were planned.`;
}

function completedText({ wave, stage, numbers, gate }: DataOf<'WaveCompleted'>): string {
  const completed = `${waveText(wave, stage)} was completed`;
  if (!gate) return `${completed}: ${numbersText(numbers)}.`;
  const decided = `${completed}: ${gateText(gate)}`;
  return gate.passed ? `${decided}: the gate is passed.` : `${decided}: ${consequence(gate)}.`;
}

/** @param did what an operator did @param became what it became by a gate */
function controlText(data: DataOf<'RolloutPaused'>, did: string, became: string): string {
  if (data.cause === 'operator') return `${who(data)} ${did}${because(data.reason)}`;
  return `${became}${data.gate ? `: ${gateTextAt(data.gate)}` : ' by a gate'}.`;
}

function overridden(gate: GateDecision | undefined): string {
  return gate ? ` The gate was overridden (${gateTextAt(gate)}).` : '';
}

function triggeredText(data: DataOf<'RollbackTriggered'>): string {
  if (data.device_id === undefined) return controlText(data, 'rolled the rollout back', 'The rollout is rolled back');
  const version = data.version === undefined ? '' : ` to ${data.version}`;
  return `${who(data)} had the device go back${version}${because(data.reason)}`;
}

function noWayBack(unavailable: number): string {
  return unavailable > 0 ? `, ${count(unavailable, 'device')} had no version to go back to` : '';
}
