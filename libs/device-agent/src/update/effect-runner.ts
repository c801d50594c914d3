import { unreachable, type FailureCode } from '@edgeflow/contracts';
import { timeoutSignal, type Clock } from '@edgeflow/runtime';
import type { DevicePlatform } from '../device-platform.js';
import type { Reporter } from '../tunnel/reporter.js';
import { outcome, type Done, type UpdateSteps, type UpdateStepsOptions } from './update-steps.js';
import { isSamePlan, type Effect, type Plan, type UpdateEvent } from './update.state.js';

export interface RunnerOptions {
  steps: UpdateSteps;
  platform: DevicePlatform;
  reporter: Reporter;
  report: UpdateStepsOptions['report'];
  /** What a job came to; counts only while `from` is not aborted. */
  dispatch(event: UpdateEvent, from: AbortSignal): void;
  /** Leaves this boot; the new slot is active already. */
  restart(): Promise<void>;
  /** Leaves this boot before its tunnel was opened, for the slot that is active now. @returns what another boot in this process begins with */
  reboot(): UpdateEvent | undefined;
  /** Aborted when the agent stops. */
  stopping: AbortSignal;
  clock: Clock;
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
    const { steps, report, reporter, platform, stopping } = this.options;
    switch (effect.type) {
      case 'Report':
        report(effect, effect.phase, 0);
        return undefined;
      case 'ReportFailed':
        reporter.failed(effect.update_id, effect.code, effect.message);
        return undefined;
      case 'Discard':
        await this.callOff();
        await platform.discard(effect.plan);
        return undefined;
      case 'Download':
        return this.begin(effect, 'download-failed', (signal) => steps.download(effect.plan, signal));
      case 'Verify':
        return this.begin(effect, 'download-failed', (signal) => steps.verify(effect.plan, signal));
      case 'Install':
        return this.begin(effect, 'install-failed', (signal) => steps.install(effect.plan, signal));
      case 'Restart':
        return this.begin(effect, 'install-failed', (signal) => this.restart(effect.plan, signal));
      case 'Boot':
        return this.complete(effect.plan, () => steps.boot(effect.plan, stopping));
      case 'RollBack':
        // Back to the old slot, whose health nobody asks for: it ran.
        return this.complete(effect.plan, () => platform.rollBack(effect.plan).then(() => 'RolledBack'));
      case 'Reboot':
        return this.options.reboot();
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

  /** Settles without an event when the agent stops: the next start does it again. */
  private complete(plan: Plan, step: () => Promise<Done>): Promise<UpdateEvent | undefined> {
    return outcome(plan, 'rolled-back', this.options.stopping, step).catch(() => undefined);
  }

  private begin(
    { type, plan }: Extract<Effect, { plan: Plan }>,
    otherwise: FailureCode,
    step: (signal: AbortSignal) => Promise<Done | undefined>,
  ): undefined {
    if (this.job?.type === type && isSamePlan(this.job.plan, plan)) return;
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.options.stopping]);
    const done = outcome(plan, otherwise, signal, () => step(signal)).then(
      (event) => event && this.options.dispatch(event, signal),
      // The only rejection is the abort: whoever aborted knows.
      () => undefined,
    );
    this.job = { type, plan, controller, done };
  }

  private async restart(plan: Plan, signal: AbortSignal): Promise<undefined> {
    const { reporter, platform, restart, clock } = this.options;
    // With `force` only a reboot that the cloud was told of proves anything, so there is no hurry.
    const patience = plan.force ? signal : AbortSignal.any([signal, timeoutSignal(clock, REPORT_MS)]);
    await reporter.flushed(patience);
    signal.throwIfAborted();
    await platform.activate(plan);
    // The reboot cannot be called off, and what comes after it may call off other jobs.
    this.job = undefined;
    await restart();
  }
}
