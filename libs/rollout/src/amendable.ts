import { Refused } from '@edgeflow/contracts';
import type { AcceptedRollout } from './rollout.state.js';

/** The states in which a rollout may be amended. */
export const AMENDED_IN = ['running', 'paused', 'rolling_back'] as const;

const ALL = AMENDED_IN;
/** On the way back no gate is asked and no window is waited for, and its batches are those that it began with, without pauses. */
const ON_THE_WAY_OUT = ['running', 'paused'] as const;

/** What may change of a rollout's request, by its own name, and in which states that has an effect: the table of docs/rollouts.md. */
export const MEMBERS = {
  limits: ALL,
  deadline_s: ALL,
  deadlines: ALL,
  window: ON_THE_WAY_OUT,
  failure: ON_THE_WAY_OUT,
} as const;

/** The pace: members of the strategy, which itself stays. */
export const PACE = {
  batch_size: ON_THE_WAY_OUT,
  batch_percent: ON_THE_WAY_OUT,
  pause_between_s: ON_THE_WAY_OUT,
  soak_s: ON_THE_WAY_OUT,
} as const;

/** All that may change. */
export const AMENDABLE: Readonly<Record<string, readonly (typeof AMENDED_IN)[number][]>> = { ...MEMBERS, ...PACE };

/** @throws Refused `not-amendable` for a member that has no effect in the state of the rollout */
export function checkEffect({ status }: Pick<AcceptedRollout, 'status'>, names: readonly string[]): void {
  const isIn = (name: string): boolean => AMENDABLE[name]?.some((state) => state === status) === true;
  const idle = names.filter((name) => !isIn(name));
  if (idle.length === 0) return;
  const left = Object.keys(AMENDABLE).filter(isIn);
  const state = status.replaceAll('_', ' ');
  const detail = `In a rollout that is ${state} ${idle.join(', ')} would have no effect: only ${left.join(', ')} may change.`;
  throw new Refused('not-amendable', detail);
}

/** The table of docs/rollouts.md. */
export function amendableTable(): string {
  const states = AMENDED_IN.map((state) => `\`${state}\``).join(' | ');
  const rows = Object.entries(AMENDABLE).map(([name, effective]) => {
    const cells = AMENDED_IN.map((state) => (effective.includes(state) ? 'yes' : 'no'));
    return `| \`${name}\` | ${cells.join(' | ')} |`;
  });
  return [`| member | ${states} |`, `|---|${AMENDED_IN.map(() => '---|').join('')}`, ...rows].join('\n');
}
