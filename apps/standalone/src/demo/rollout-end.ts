import type { Console } from '../console/console.js';
import { DEVICE } from './agent.js';
import type { Rollout } from './rollout.js';
import type { Session } from './session.js';
import {
  badVerdict,
  goodVerdict,
  type Finding,
  type FleetDevice,
  type Outcome,
  type RolloutMember,
} from './verdict.js';

/** The most that a page may have. */
const PAGE = '500';
const LOOK_MS = 500;
/**
 * A device whose update was withdrawn too late comes up on the new version all the same, and is brought back when the rollback is
 * over already (docs/rollouts.md): so long may that take, in milliseconds.
 */
const LATE_MS = 30_000;

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

interface FailureGroup {
  code: string;
  devices: number;
  example_detail: string | null;
}

/** What is to be said once a rollout has ended, all of it asked from the read side. */
export class RolloutEnd {
  private readonly path: string;

  constructor(
    private readonly session: Session,
    private readonly rollout: Rollout,
    private readonly console: Console,
  ) {
    this.path = `/query/v1/rollouts/${rollout.rollout_id}`;
  }

  /** The failures by code, and the chain of events that led here. */
  async explain(): Promise<void> {
    const failures = await this.read<FailureGroup>(`${this.path}/failures`);
    const why = await this.read<{ text: string }>(`${this.path}/why`);
    this.console.say('failures by code:');
    for (const { code, devices, example_detail } of failures.items) {
      this.console.say(`  ${devices} ${code}${example_detail === null ? '' : `: ${example_detail}`}`);
    }
    this.console.say('why, the newest first:');
    for (const { text } of why.items) this.console.say(`  ${text}`);
  }

  /** Looks whether the fleet is as it must be. @throws Error that names what is not so */
  async check(bad: boolean): Promise<void> {
    const until = performance.now() + LATE_MS;
    const look = async (): Promise<Finding[]> => (bad ? badVerdict : goodVerdict)(await this.outcome());
    const done = (seen: Finding[]): boolean => performance.now() > until || seen.every(({ so }) => so);
    const findings = await this.session.until(look, done, LOOK_MS);
    for (const { text } of findings.filter(({ so }) => so)) this.console.ready(text);
    const wrong = findings.filter(({ so }) => !so).map(({ text }) => text);
    if (wrong.length > 0) throw new Error(`not as it must be: ${wrong.join('; ')}`);
  }

  private async outcome(): Promise<Outcome> {
    return {
      rollout: await this.session.read<Rollout>(`${this.path}?after=${this.rollout.position}`),
      devices: await this.all<FleetDevice>('/query/v1/devices', { fleet: DEVICE.fleet }),
      members: await this.all<RolloutMember>(`${this.path}/devices`),
    };
  }

  /** All pages of a list. */
  private async all<T>(path: string, filter: Record<string, string> = {}): Promise<T[]> {
    let page = await this.read<T>(path, { ...filter, limit: PAGE });
    const items = [...page.items];
    while (page.next_cursor !== null) {
      page = await this.read<T>(path, { ...filter, limit: PAGE, cursor: page.next_cursor });
      items.push(...page.items);
    }
    return items;
  }

  /** A page that has seen the rollout's end. */
  private read<T>(path: string, query: Record<string, string> = {}): Promise<Page<T>> {
    const after = String(this.rollout.position);
    return this.session.read<Page<T>>(`${path}?${new URLSearchParams({ ...query, after }).toString()}`);
  }
}
