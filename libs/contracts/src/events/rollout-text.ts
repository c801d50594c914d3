import {
  gateTextAt,
  numbersText,
  type EndNumbers,
  type GateDecision,
  type RolloutOverlap,
  type WaveNumbers,
} from './rollout-numbers.js';
import type { Stage } from '../vocabulary.js';
import { because, count, reasons, who } from './event-text.js';

/** What somebody, or a gate, did to a rollout. */
interface Control {
  cause: 'operator' | 'gate';
  reason?: string;
  requested_by?: string;
  role?: string;
  source?: string;
  gate?: GateDecision;
}

/** @param did what an operator did @param became what it became by a gate */
export function controlText(data: Control, did: string, became: string): string {
  const isNobodys = data.requested_by === undefined && data.source === undefined;
  if (data.cause === 'operator') return `${isNobodys ? became : `${who(data)} ${did}`}${because(data.reason)}`;
  return `${became}${data.gate ? `: ${gateTextAt(data.gate)}` : ' by a gate'}.`;
}

export function overridden(gate: GateDecision | undefined): string {
  return gate ? ` The gate was overridden (${gateTextAt(gate)}).` : '';
}

export function triggeredText(data: Control & { device_id?: string; version?: string }): string {
  if (data.device_id === undefined) return controlText(data, 'rolled the rollout back', 'The rollout is rolled back');
  const version = data.version === undefined ? '' : ` to ${data.version}`;
  return `${who(data)} had the device go back${version}${because(data.reason)}`;
}

interface WayBack {
  numbers: EndNumbers;
  unavailable: number;
  incomplete?: number;
  codes?: Record<string, number>;
  revoked?: number;
}

/** What became of a rollback: all are back, or who is not and why. */
export function rollbackText({ numbers, unavailable, incomplete = 0, codes = {}, revoked = 0 }: WayBack): string {
  const none = unavailable > 0 ? `, ${count(unavailable, 'device')} had no version to go back to` : '';
  const out = revoked > 0 ? `; ${count(revoked, 'revoked device')} left alone` : '';
  if (incomplete === 0) return `The way back was completed: ${numbersText(numbers)}${none}${out}.`;
  return `The way back has ended, ${count(incomplete, 'device')} not back (${reasons(codes)}): ${numbersText(numbers)}${none}${out}.`;
}

/** What a skipped wave did not come to. */
export function leftText({ queued, in_flight }: WaveNumbers): string {
  return `${count(queued, 'device')} not told, ${in_flight} in flight`;
}

/** `limits from {"max_in_flight":5} to none`. */
export function amendedText({ was, now }: { was: object; now: object }): string {
  const of = (spec: object, name: string): string => {
    const value: unknown = (spec as Record<string, unknown>)[name];
    return value === undefined ? 'none' : JSON.stringify(value);
  };
  const names = [...new Set([...Object.keys(was), ...Object.keys(now)])];
  return names.map((name) => `${name} from ${of(was, name)} to ${of(now, name)}`).join(', ');
}

interface Accepted {
  spec: { version: string };
  eligible: number;
  waves: readonly unknown[];
  excluded: Record<string, number>;
  overlaps?: readonly RolloutOverlap[];
}

/** What a rollout was accepted with. */
export function acceptedText({ spec, eligible, waves, excluded, overlaps = [] }: Accepted): string {
  const left = Object.keys(excluded).length > 0 ? `; left out: ${reasons(excluded)}` : '';
  const shared = overlaps.map(
    ({ devices, rollout_id }) => `; ${count(devices, 'device')} in rollout ${rollout_id} too`,
  );
  return `The rollout of ${spec.version} was accepted: ${count(eligible, 'device')} in ${count(waves.length, 'wave')}${left}${shared.join('')}.`;
}

interface Planned {
  stage: Stage;
  joined?: boolean;
  devices: readonly unknown[];
  excluded: readonly unknown[];
  device_count?: number;
  excluded_count?: number;
}

/** Timelines have numbers in place of the lists. */
export function plannedText({ stage, joined, ...plan }: Planned): string {
  const { device_count = plan.devices.length, excluded_count = plan.excluded.length } = plan;
  const left = excluded_count > 0 ? `, ${excluded_count.toLocaleString('en')} cannot` : '';
  if (stage === 'rollback') return `${count(device_count, 'device')} can go back to the version before${left}.`;
  if (joined) return `${count(device_count, 'device')} joined the rollout.`;
  return `${count(device_count, 'device')} were planned.`;
}
