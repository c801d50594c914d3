import type { Tally } from '../run-seeds.js';
import type { Outcome, Scenario, Settings, Violation } from '../scenario.js';
import type { Shrunk } from '../shrink.js';
import type { TraceEntry } from '../trace.js';

/* How a simulation is told to people. */

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Stands between the group of a count and its name. */
const GROUP = ': ';

/** While it goes on. */
export function progressWords({ histories, failed, elapsed_ms, heap_bytes }: Tally): string {
  return `${number(histories)} histories, ${rate(histories, elapsed_ms)} a minute, ${failed.length} failed, heap ${number(heap_bytes / 2 ** 20)} MB`;
}

function rate(histories: number, ms: number): string {
  return number(Math.round((histories / Math.max(1, ms)) * MINUTE_MS));
}

/** At its end. */
export function tallyWords(tally: Tally): string[] {
  const each = Math.max(1, tally.histories);
  const { counts, draws, steps, virtual_ms, elapsed_ms, cpu_ms } = tally;
  const all = Object.entries(counts);
  const isGrouped = ([what]: readonly [string, number]): boolean => what.includes(GROUP);
  const engine = Object.entries({ 'virtual minutes': virtual_ms / MINUTE_MS, steps, draws });
  const held = [...all.filter((one) => !isGrouped(one)), ...engine];
  const words = held.map(([what, count]) => `${what} ${number(count / each)}`).join(', ');
  return [
    `${progressWords(tally)}, in ${number(elapsed_ms / 1_000)} s; ${rate(tally.histories, cpu_ms)} a minute of CPU`,
    `a history on average: ${words}`,
    `all together: ${number(virtual_ms / HOUR_MS)} virtual hours, ${number(cpu_ms / 1_000)} s of CPU`,
    ...groupWords(all.filter(isGrouped)),
  ];
}

/** Counts that belong together, a line for each group, the most first: `updates: completed 31, failed 12`. */
function groupWords(counts: readonly (readonly [string, number])[]): string[] {
  const groups = new Map<string, string[]>();
  for (const [what, count] of counts.toSorted(([, one], [, other]) => other - one)) {
    const [group = '', ...name] = what.split(GROUP);
    groups.set(group, [...(groups.get(group) ?? []), `${name.join(GROUP)} ${number(count)}`]);
  }
  return [...groups].map(([group, words]) => `${group}: ${words.join(', ')}`);
}

export function violationWords({ invariant, text, at_ms }: Violation): string {
  return `${invariant}: ${text} (at ${number(at_ms)} ms)`;
}

export function traceWords({ at_ms, lane, kind, text }: TraceEntry): string {
  return `${at_ms.toFixed(3).padStart(14)} ${lane.padEnd(18)} ${kind.padEnd(14)} ${text}`;
}

/** What is left of a failing scenario, and how it is run again. @param before the actions and faults there were */
export function shrunkWords(shrunk: Shrunk, before: { scenario: Scenario; outcome: Outcome }): string[] {
  const { scenario, outcome, runs, isMinimal } = shrunk;
  const actions = `${scenario.actions?.length ?? 0} of ${before.outcome.actions.length} actions`;
  const faults = `${scenario.faults.length} of ${before.scenario.faults.length} faults`;
  return [
    `  shrunk in ${runs} runs${isMinimal ? '' : ' (more would shrink it further: --shrink)'} to ${actions}, ${faults}`,
    ...outcome.violations.slice(0, 1).map((violation) => `  which violate ${violationWords(violation)}`),
    `  ${JSON.stringify(scenario)}`,
  ];
}

/** Settings as they are given on the command line. */
export function settingsWords(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => ` --set ${name}=${value}`)
    .join('');
}
