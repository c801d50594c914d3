import type { Console } from '../console/console.js';
import { DEVICE } from './agent.js';
import type { Image } from './image.js';
import type { FleetWish } from './options.js';
import { RolloutScreen } from './rollout-screen.js';
import { planLines } from './rollout-words.js';
import { hasEnded, type Plan, type Rollout } from './rollout.js';
import type { Session } from './session.js';
import { specOf } from './strategies.js';

/** How often the rollout is looked at, in milliseconds. */
const LOOK_MS = 250;
const ROLLOUTS = '/orchestrator/v1/rollouts';
/** The same request in each demo makes the same rollout id, and with it the same order of the devices: a show can be repeated. */
const REQUEST = 'demo';

/** The rollout of a fleet, step by step. */
export class RolloutStory {
  private readonly spec;

  constructor(
    private readonly session: Session,
    private readonly wish: FleetWish,
    private readonly console: Console,
  ) {
    this.spec = specOf(wish);
  }

  async upload(image: Image, version: string): Promise<void> {
    await this.session.publish(image, version, DEVICE.model);
    this.console.ready('firmware', `${version}, ${image.size} bytes, sha256 ${image.sha256.slice(0, 16)}…`);
  }

  /** Waits until the orchestrator, which has to reach them, knows all devices as online. */
  async fleetIsThere(): Promise<void> {
    const { devices } = this.wish;
    const target = { filter: { fleet: DEVICE.fleet, version: DEVICE.version, online: true } };
    const online = async (): Promise<number> => {
      const { eligible } = await this.plan({ ...this.spec, target });
      if (this.console.isLive) this.console.live([`${eligible} of ${devices} devices are online`]);
      return eligible;
    };
    await this.session.until(online, (n) => n === devices, LOOK_MS);
    if (this.console.isLive) this.console.live([]);
    this.console.ready('fleet', `${devices} devices, ${DEVICE.model}, online, run ${DEVICE.version}`);
  }

  /** Asks what the rollout would be. */
  async dryRun(): Promise<void> {
    const plan = await this.plan(this.spec);
    const left = Object.entries(plan.excluded).map(([reason, n]) => `${reason} ${n}`);
    const { type } = this.spec.strategy;
    const detail = `${type}, ${plan.eligible} devices, left out: ${left.join(', ') || 'none'}`;
    this.console.ready('plan (dry run)', detail);
    for (const line of planLines(plan)) this.console.say(`  ${line}`);
  }

  /** Starts the rollout and shows how it goes on until it has ended. */
  async follow(): Promise<{ rollout: Rollout; seconds: number }> {
    const { rollout_id } = await this.session.order<{ rollout_id: string }>(ROLLOUTS, this.spec, REQUEST);
    this.console.ready('rollout', rollout_id);
    this.console.blank();
    const began = performance.now();
    const seconds = (): number => Math.round((performance.now() - began) / 1000);
    const screen = new RolloutScreen(this.console);
    const look = async (): Promise<Rollout> => {
      const rollout = await this.session.read<Rollout>(`/query/v1/rollouts/${rollout_id}`);
      screen.show(rollout, seconds());
      return rollout;
    };
    try {
      const rollout = await this.session.until(look, hasEnded, LOOK_MS);
      return { rollout, seconds: seconds() };
    } finally {
      screen.close();
      this.console.blank();
    }
  }

  private plan(spec: object): Promise<Plan> {
    return this.session.order<Plan>(`${ROLLOUTS}?dry_run=true`, spec);
  }
}
