import { join } from 'node:path';
import type { RolloutSpec } from '@edgeflow/contracts';
import { systemClock } from '@edgeflow/runtime';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { startFleet } from './fleet.js';
import { makeImage, type Image } from './image.js';
import type { FleetOptions } from './options.js';
import { RolloutScreen } from './rollout-screen.js';
import { planLines } from './rollout-text.js';
import { hasEnded, type Plan, type Rollout } from './rollout.js';
import { inRows } from './rows.js';
import { DEVICE, NEW_VERSION } from './scene.js';
import { Session } from './session.js';
import { specOf } from './strategies.js';
import { badVerdict, goodVerdict, type Finding, type Outcome } from './verdict.js';

/** What the devices come with: a rollback needs it in the store. */
const FACTORY_IMAGE_BYTES = 64 * 1024;
/** How often the rollout is looked at, and its outcome, in milliseconds. */
const LOOK_MS = 250;
const VERDICT_MS = 500;
/**
 * A device whose update was withdrawn too late comes up on the new version all the same, and is brought back when the rollback is
 * over already (docs/rollouts.md): so long may that take, in milliseconds.
 */
const LATE_MS = 30_000;
/** The most that a page may have. */
const PAGE = 500;
const ROLLOUTS = '/orchestrator/v1/rollouts';
const ROLLOUT = '/query/v1/rollouts/{rollout_id}';
/** The same request in each demo makes the same rollout id, and with it the same order of the devices: a show can be repeated. */
const REQUEST = 'demo';

/**
 * Rolls an image out over a simulated fleet, shows how that goes, and looks whether every device is where it must be: on the new version,
 * or, of a bad image, back on the old one.
 * @throws Error of one line when it does not get there
 */
export async function fleetDemo(
  at: Endpoints,
  { options, image }: { options: FleetOptions; image: Image },
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  const demo = new FleetDemo(await Session.open(at, signal), options, console);
  await demo.upload(await makeImage(join(at.home, 'factory.bin'), FACTORY_IMAGE_BYTES), DEVICE.version);
  await demo.upload(image, NEW_VERSION);
  const fleet = await startFleet(at, options, console);
  try {
    await Promise.race([demo.tell(), fleet.lost]);
  } finally {
    await fleet.stop();
  }
}

/** The rollout of a fleet, step by step. */
class FleetDemo {
  private readonly spec: RolloutSpec;

  constructor(
    private readonly session: Session,
    private readonly options: FleetOptions,
    private readonly console: Console,
  ) {
    this.spec = specOf(options);
  }

  async upload(image: Image, version: string): Promise<void> {
    await this.session.publish(image, version);
    this.console.ready('firmware', `${version}, ${image.size} bytes, sha256 ${image.sha256.slice(0, 16)}…`);
  }

  async tell(): Promise<void> {
    await this.fleetIsThere();
    await this.dryRun();
    const began = systemClock.steady_ms();
    const seconds = (): number => Math.round((systemClock.steady_ms() - began) / 1000);
    const rollout = await this.follow(seconds);
    const took = seconds();
    this.console.say('the rollout:');
    this.console.raw(inRows(rollout));
    if (this.options.bad || rollout.failed > 0) await this.explain(rollout);
    this.console.say(`it took ${took} s`);
    await this.check(rollout);
  }

  /** Waits until the orchestrator, which has to reach them, knows all devices as online. */
  private async fleetIsThere(): Promise<void> {
    const { devices } = this.options;
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
  private async dryRun(): Promise<void> {
    const plan = await this.plan(this.spec);
    const left = Object.entries(plan.excluded).map(([reason, n]) => `${reason} ${n}`);
    const { type } = this.spec.strategy;
    const detail = `${type}, ${plan.eligible} devices, left out: ${left.join(', ') || 'none'}`;
    this.console.ready('plan (dry run)', detail);
    for (const line of planLines(plan)) this.console.say(`  ${line}`);
  }

  private async plan(body: RolloutSpec): Promise<Plan> {
    return (await this.session.order(ROLLOUTS, { body, query: { dry_run: 'true' } })) as Plan;
  }

  /** Starts the rollout and shows how it goes on until it has ended. */
  private async follow(seconds: () => number): Promise<Rollout> {
    const started = await this.session.order(ROLLOUTS, { body: this.spec, idempotency_key: REQUEST });
    if (!('rollout_id' in started)) throw new Error('a rollout was asked for, and a plan was answered');
    const { rollout_id } = started;
    this.console.ready('rollout', rollout_id);
    this.console.blank();
    const screen = new RolloutScreen(this.console);
    const look = async (): Promise<Rollout> => {
      const rollout = (await this.session.read(ROLLOUT, { path: { rollout_id } })) as Rollout;
      screen.show(rollout, seconds());
      return rollout;
    };
    try {
      return await this.session.until(look, hasEnded, LOOK_MS);
    } finally {
      // What was shown last stays.
      this.console.settle();
      this.console.blank();
    }
  }

  /** The failures by code, and the chain of events that led here. */
  private async explain(rollout: Rollout): Promise<void> {
    const failures = await this.session.read(`${ROLLOUT}/failures`, ended(rollout));
    const why = await this.session.read(`${ROLLOUT}/why`, ended(rollout));
    this.console.say('failures by code:');
    for (const { code, devices, example_detail } of failures.items) {
      this.console.say(`  ${devices} ${code}${example_detail === null ? '' : `: ${example_detail}`}`);
    }
    this.console.say('why, the newest first:');
    for (const { text } of why.items) this.console.say(`  ${text}`);
  }

  /** Looks whether the fleet is as it must be. @throws Error that names what is not so */
  private async check(rollout: Rollout): Promise<void> {
    const until = systemClock.steady_ms() + LATE_MS;
    const verdict = this.options.bad ? badVerdict : goodVerdict;
    const look = async (): Promise<Finding[]> => verdict(await this.outcome(rollout));
    const done = (seen: Finding[]): boolean => systemClock.steady_ms() > until || seen.every(({ so }) => so);
    const findings = await this.session.until(look, done, VERDICT_MS);
    for (const { text } of findings.filter(({ so }) => so)) this.console.ready(text);
    const wrong = findings.filter(({ so }) => !so).map(({ text }) => text);
    if (wrong.length > 0) throw new Error(`not as it must be: ${wrong.join('; ')}`);
  }

  private async outcome(rollout: Rollout): Promise<Outcome> {
    const { path, query } = ended(rollout);
    const page = { ...query, limit: PAGE };
    return {
      rollout: (await this.session.read(ROLLOUT, { path, query })) as Rollout,
      devices: await this.session.list('/query/v1/devices', { query: { ...page, fleet: DEVICE.fleet } }),
      members: await this.session.list(`${ROLLOUT}/devices`, { path, query: page }),
    };
  }
}

/** Asks of a rollout what has seen its end. */
function ended({ rollout_id, position }: Rollout) {
  return { path: { rollout_id }, query: { after: position } };
}
