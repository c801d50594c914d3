import { messageOf, type FailureCode, type Phase } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import type { Window } from '../backoff.js';
import type { Network } from '../cloud/network.js';
import type { DevicePlatform } from '../device-platform.js';
import type { DownloadUrl } from '../download/download-url.js';
import { downloadImage } from '../download/image-download.js';
import type { AgentLog } from '../log.js';
import type { ManifestGate } from '../trust/manifest-gate.js';
import { ImageLost, UpdateFailure } from './update-failure.js';
import { isSamePlan, type Plan, type UpdateEvent } from './update.state.js';

export interface UpdateStepsOptions {
  platform: DevicePlatform;
  gate: ManifestGate;
  connections: Network;
  /** Where the plan's download URL is to be had. */
  urlOf(plan: Plan): DownloadUrl;
  /** Says how far a phase is, in per cent of that phase. */
  report(plan: Pick<Plan, 'update_id'>, phase: Phase, percent: number): void;
  /** The cloud's time, milliseconds since 1970. */
  now: () => number;
  clock: Clock;
  random: () => number;
  log: AgentLog;
  /** Between tries of a download; default 1 to 60 s. */
  window?: Window;
  /** Where redirects of a download may lead besides the origin of its URL. */
  redirect_hosts?: readonly string[];
}

/** The steps of an update, each with what it comes to. Every step may be done again after a crash. */
export class UpdateSteps {
  /** What was begun a second time since the agent started: a third time it is the image's or the storage's fault. */
  private mistrusted: Plan | undefined;

  constructor(private readonly options: UpdateStepsOptions) {}

  /** Nothing is downloaded whose manifest is not trusted, and so nothing is written. */
  async download(plan: Plan, signal: AbortSignal): Promise<Done> {
    const { platform, gate, urlOf, report } = this.options;
    await gate.admit(plan);
    const sink = await platform.openImage(plan, signal);
    const onProgress = (received: number) => report(plan, 'downloading', (100 * received) / plan.size);
    await downloadImage({ ...this.options, plan, url: urlOf(plan), sink, signal, onProgress });
    return 'Downloaded';
  }

  /** Compares what is on the storage with the manifest; with the plan, where the device takes unsigned firmware. */
  async verify(plan: Plan, signal: AbortSignal): Promise<Done> {
    const { platform, gate, report } = this.options;
    const signed = (await gate.admit(plan)) ?? plan;
    const sink = await platform.openImage(plan, signal);
    const sha256 = await sink.digest();
    report(plan, 'verifying', 100);
    if (sink.received === signed.size && sha256 === signed.sha256) return 'Verified';
    if (sink.resumed && this.mayBeginAgain(plan)) return 'Mistrusted';
    throw new UpdateFailure('checksum-mismatch', `the image has SHA-256 ${sha256}, not ${signed.sha256}`);
  }

  /** The manifest is looked at once more: a crash may lie between the steps, and time. */
  async install(plan: Plan, signal: AbortSignal): Promise<Done> {
    const { platform, gate, report } = this.options;
    await gate.admit(plan);
    try {
      await platform.install(plan, signal);
    } catch (error) {
      if (error instanceof ImageLost && this.mayBeginAgain(plan)) return 'Mistrusted';
      throw error;
    }
    report(plan, 'installing', 100);
    return 'Installed';
  }

  /** The start after the restart, unless a crash came before that: is the new version well? */
  async boot(plan: Plan, signal: AbortSignal): Promise<Done> {
    const { platform, gate, log } = this.options;
    const health = await platform.confirm(plan, signal);
    if (health === 'not-booted') return 'Switched';
    if (!health.well) return { type: 'Unwell', message: `${plan.version} is not well: ${health.message}` };
    // The new version is well, whether or not that can be kept.
    await gate.ranWell(plan).catch((error) => log.error({ reason: messageOf(error) }, 'the trust cannot be written'));
    return 'Booted';
  }

  private mayBeginAgain(plan: Plan): boolean {
    if (this.mistrusted && isSamePlan(this.mistrusted, plan)) return false;
    this.mistrusted = plan;
    return true;
  }
}

/** What a step may come to. */
export type Done =
  | 'Downloaded'
  | 'Verified'
  | 'Mistrusted'
  | 'Installed'
  | 'Switched'
  | 'Booted'
  | 'RolledBack'
  | { type: 'Unwell'; message: string };

/**
 * What a step came to as an event; undefined for one of which nothing is to be said. A failure is an event too.
 * @param otherwise the code of a failure that has none of its own
 * @throws the signal's reason when it aborts
 */
export async function outcome(
  { update_id }: Plan,
  otherwise: FailureCode,
  signal: AbortSignal,
  step: () => Promise<Done | undefined>,
): Promise<UpdateEvent | undefined> {
  try {
    const done = await step();
    return typeof done === 'string' ? { type: done, update_id } : done && { ...done, update_id };
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof UpdateFailure ? error.code : otherwise;
    return { type: 'BrokeOff', update_id, code, message: messageOf(error) };
  }
}
