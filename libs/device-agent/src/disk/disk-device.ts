import { join } from 'node:path';
import type { DevicePlatform, Health, ImageSink, Running } from '../device-platform.js';
import type { TrustStore } from '../trust/trust-store.js';
import { ImageLost, UpdateFailure } from '../update/update-failure.js';
import type { Plan, UpdateState } from '../update/update.state.js';
import { readJson, writeAtomically } from './atomic-file.js';
import { argvOf, runCommand, type CommandOutcome } from './command.js';
import { isMissing, type DeviceFiles } from './device-files.js';
import { PartFile } from './part-file.js';
import { withRoom } from './room.js';
import { Slots, otherThan, type CurrentSlot, type SlotName } from './slots.js';
import { systemFiles } from './system-files.js';
import { trustFile } from './trust-file.js';

export interface DiskDeviceOptions {
  directory: string;
  /** What the device runs before its first update. */
  factory_version: string;
  /** Template of the program that installs `{image}` of `{version}` into slot `{slot}`; without one the copy is the install. */
  install_command?: string;
  /** Template of the program that says by exit code 0 that the new version is well. */
  health_command?: string;
  /** How long either may run, in seconds; default 600. */
  command_timeout_s?: number;
  /** Where the directory is; default: on the machine's own disk. */
  files?: DeviceFiles;
}

/**
 * A device as a directory: `journal.json`, `trust.json`, `download/` with the part of an image, the slots. Each step leaves the directory in a
 * state from which the next start goes on, also after a power cut.
 */
export class DiskDevice implements DevicePlatform {
  readonly trust: TrustStore;
  private readonly part: PartFile;

  private constructor(
    private readonly slots: Slots,
    private readonly files: DeviceFiles,
    private readonly options: DiskDeviceOptions,
  ) {
    this.trust = trustFile(this.pathOf('trust.json'), files);
    this.part = new PartFile(this.pathOf('download'), files);
  }

  static async open(options: DiskDeviceOptions): Promise<DiskDevice> {
    const { directory, factory_version, files = systemFiles } = options;
    await files.makeDirectory(directory);
    await files.makeDirectory(join(directory, 'download'));
    const slots = await Slots.open(directory, factory_version, files);
    // A kill may have come between a rename and its syncing: nothing is done on the word of a file that a power cut could take back.
    await files.syncDirectory(directory);
    return new DiskDevice(slots, files, options);
  }

  /** The slot that runs: its record, its boot and where its image is. */
  currentSlot(): Promise<CurrentSlot> {
    return this.slots.current();
  }

  async loadJournal(): Promise<UpdateState> {
    return ((await readJson(this.journal, this.files)) as UpdateState | undefined) ?? { status: 'idle' };
  }

  saveJournal(state: UpdateState): Promise<void> {
    const write = () => writeAtomically(this.journal, `${JSON.stringify(state)}\n`, undefined, this.files);
    return withRoom(this.journal, this.files, write);
  }

  async running(): Promise<Running> {
    const { record, boot_id } = await this.slots.current();
    return { version: record.version, boot_id };
  }

  openImage(plan: Plan): Promise<ImageSink> {
    return this.part.open(plan);
  }

  async discard(plan: Plan): Promise<void> {
    await this.part.remove();
    const spare = await this.slots.spare();
    if (await this.slots.isOf(spare, plan)) await this.slots.clear(spare);
  }

  async install(plan: Plan, signal: AbortSignal): Promise<void> {
    await this.part.close();
    const slot = await withRoom(this.pathOf('slots'), this.files, () => this.filled(plan));
    const outcome = await this.run(this.options.install_command, slot, plan, signal);
    if (!outcome.ok) throw new UpdateFailure('install-failed', outcome.message);
  }

  async activate(plan: Plan): Promise<void> {
    const spare = await this.slots.spare();
    if (!(await this.holds(spare, plan)))
      throw new UpdateFailure('install-failed', `slot ${spare} does not hold ${plan.version} as it was verified`);
    await this.slots.point(spare);
  }

  async confirm(plan: Plan, signal: AbortSignal): Promise<Health> {
    // A crash came before the switch.
    if (await this.slots.isOf(await this.slots.spare(), plan)) await this.activate(plan);
    const { slot, record } = await this.slots.current();
    if (!(await this.slots.isOf(slot, plan)))
      throw new UpdateFailure('rolled-back', `the device runs ${record.version} again`);
    if (!(await this.slots.isWhole(slot))) return { well: false, message: `slot ${slot} is damaged` };
    const outcome = await this.run(this.options.health_command, slot, plan, signal);
    return outcome.ok ? { well: true } : { well: false, message: outcome.message };
  }

  async rollBack(plan: Plan): Promise<void> {
    const { slot } = await this.slots.current();
    const old = otherThan(slot);
    if (await this.slots.isOf(slot, plan)) {
      if (!(await this.slots.isWhole(old))) throw new Error(`slot ${old} has nothing to go back to`);
      await this.slots.point(old);
    }
    const spare = await this.slots.spare();
    if (await this.slots.isOf(spare, plan)) await this.slots.clear(spare);
  }

  close(): Promise<void> {
    return this.part.close();
  }

  /** The slot with the plan's image; filled from the part, unless it was before. @throws ImageLost when neither has it */
  private async filled(plan: Plan): Promise<SlotName> {
    const spare = await this.slots.spare();
    if (await this.holds(spare, plan)) return spare;
    try {
      await this.slots.fill(plan, this.part.image);
    } catch (cause) {
      if (isMissing(cause)) throw new ImageLost('the image is not on the disk any more', { cause });
      throw cause;
    }
    if (await this.slots.isWhole(spare)) return spare;
    throw new ImageLost(`slot ${spare} does not hold what was verified`);
  }

  private async holds(slot: SlotName, plan: Plan): Promise<boolean> {
    return (await this.slots.isOf(slot, plan)) && this.slots.isWhole(slot);
  }

  private get journal(): string {
    return this.pathOf('journal.json');
  }

  private pathOf(...names: string[]): string {
    return join(this.options.directory, ...names);
  }

  private run(template: string | undefined, slot: SlotName, plan: Plan, signal: AbortSignal): Promise<CommandOutcome> {
    if (!template) return Promise.resolve({ ok: true, message: '' });
    const argv = argvOf(template, { image: this.slots.imageOf(slot), slot, version: plan.version });
    return runCommand(argv, (this.options.command_timeout_s ?? 600) * 1000, signal);
  }
}
