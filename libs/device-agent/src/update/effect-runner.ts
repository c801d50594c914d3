import { unreachable } from '@edgeflow/contracts';
import type { DevicePlatform } from '../device-platform.js';
import { reasonOf } from '../log.js';
import type { Reporter } from '../tunnel/reporter.js';
import { UpdateFailure } from './update-failure.js';
import type { UpdateWork } from './update-work.js';
import { isSamePlan, type Effect, type Plan, type UpdateEvent } from './update.state.js';
import { wholeProgress } from './whole-progress.js';

export interface RunnerOptions {
  work: UpdateWork;
  platform: DevicePlatform;
  reporter: Reporter;
  /** What a job came to; counts only while `from` is not aborted. */
  dispatch(event: UpdateEvent, from: AbortSignal): void;
  /** Leaves this boot; the new slot is active already. */
  restart(): Promise<void>;
  /** Leaves this boot before its tunnel was opened; the old slot is active again. */
  reboot(): void;
  /** Aborted when the agent stops. */
  stopping: AbortSignal;
}

/** Long work in the background, at most one piece at a time. It stays known until the next, so that it is not done twice. */
interface Job {
  type: Effect['type'];
  plan: Plan;
  controller: AbortController;
  done: Promise<void>;
}

/** Before a reboot the report of it gets so long to go out, in milliseconds. */
const REPORT_MS = 30_000;

/** Does what the reducer says. */
export class EffectRunner {
  private job: Job | undefined;

  constructor(private readonly options: RunnerOptions) {}

  /** Short effects are done on return, long ones begun. @returns the event of an effect that must be known at once */
  async run(effect: Effect): Promise<UpdateEvent | undefined> {
    const { work, reporter, platform, stopping } = this.options;
    switch (effect.type) {
      case 'Report':
        reporter.progress(effect.update_id, effect.phase, wholeProgress(effect.phase, effect.progress));
        return undefined;
      case 'ReportFailed':
        reporter.failed(effect.update_id, effect.code, effect.message);
        return undefined;
      case 'Discard':
        await this.callOff();
        await platform.discard(effect.plan);
        return undefined;
      case 'Download':
        return this.begin(effect, (signal) => work.download(effect.plan, signal));
      case 'Verify':
        return this.begin(effect, (signal) => work.verify(effect.plan, signal));
      case 'Install':
        return this.begin(effect, (signal) => work.install(effect.plan, signal));
      case 'Restart':
        return this.begin(effect, (signal) => this.restart(effect.plan, signal));
      case 'Boot':
        // Rejects only when the agent stops; the next start boots again.
        return work.boot(effect.plan, stopping).catch(() => undefined);
      case 'RollBack':
        return work.rollBack(effect.plan, stopping).catch(() => undefined);
      case 'Reboot':
        this.options.reboot();
        return undefined;
      default:
        return unreachable(effect);
    }
  }

  /** Stops the running job, if any, and waits until it has let go. */
  async callOff(): Promise<void> {
    const { job } = this;
    this.job = undefined;
    job?.controller.abort();
    await job?.done;
  }

  private begin(
    { type, plan }: Extract<Effect, { plan: Plan }>,
    work: (signal: AbortSignal) => Promise<UpdateEvent | undefined>,
  ): undefined {
    if (this.job?.type === type && isSamePlan(this.job.plan, plan)) return;
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.options.stopping]);
    const done = work(signal).then(
      (event) => event && this.options.dispatch(event, signal),
      // The only rejection is the abort: whoever aborted knows.
      () => undefined,
    );
    this.job = { type, plan, controller, done };
  }

  private async restart(plan: Plan, signal: AbortSignal): Promise<UpdateEvent | undefined> {
    const { reporter, platform, restart } = this.options;
    // With `force` only a reboot that the cloud was told of proves anything, so there is no hurry.
    const patience = plan.force ? signal : AbortSignal.any([signal, AbortSignal.timeout(REPORT_MS)]);
    await reporter.flushed(patience);
    signal.throwIfAborted();
    try {
      await platform.activate(plan);
    } catch (error) {
      const code = error instanceof UpdateFailure ? error.code : 'install-failed';
      return { type: 'BrokeOff', update_id: plan.update_id, code, message: reasonOf(error) };
    }
    // The reboot cannot be called off, and what comes after it may call off other jobs.
    this.job = undefined;
    await restart();
    return undefined;
  }
}
