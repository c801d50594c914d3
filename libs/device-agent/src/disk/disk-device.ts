import { join } from 'node:path';
import type { Clock, Entropy } from '@edgeflow/runtime';
import type { DevicePlatform, Health, ImageSink, NotBooted, Running } from '../device-platform.js';
import type { TrustStore } from '../trust/trust-store.js';
import { ImageLost, UpdateFailure } from '../update/update-failure.js';
import { isUpdateState, type Plan, type UpdateState } from '../update/update.state.js';
import { argvOf, systemPrograms, type CommandOutcome, type Programs } from './command.js';
import { isMissing, type DeviceFiles } from './device-files.js';
import { readJson, writeJson } from './json-file.js';
import { PartFile } from './part-file.js';
import { withRoom } from './free-space.js';
import { Slots, otherThan, type CurrentSlot, type SlotName } from './slots.js';
import { systemFiles } from './system-files.js';
import { trustFile } from './trust-file.js';

/** A hello waits for the answer, and the cloud for the hello (`HELLO_TIMEOUT_S`, 10 s): so long may it take to ask the boot loader, in milliseconds. */
const CONFIRMED_MS = 5_000;

type Outcome = Pick<CommandOutcome, 'ok' | 'message'>;

export interface DiskDeviceOptions {
  directory: string;
  /** What the device runs before its first update. */
  factory_version: string;
  /** Template of the program that installs `{image}` of `{version}` into slot `{slot}`; without one the copy is the install. */
  install_command?: string;
  /** Template of the program that says by exit code 0 that the new version is well. */
  health_command?: string;
  /** Template of the program that says by exit code 0 that the boot loader keeps what runs; without one nobody knows. */
  confirmed_command?: string;
  /** How long installing, or looking whether it is well, may take, in seconds; default 600. */
  command_timeout_s?: number;
  clock: Clock;
  /** For the ids of its boots. */
  entropy: Pick<Entropy, 'uuid'>;
  /** Where the directory is; default: on the machine's own disk. */
  files?: DeviceFiles;
  /** What runs the programs of the templates; default: the machine. */
  programs?: Programs;
}

/**
 * A device as a directory: `journal.json`, `trust.json`, `download/` with the part of an image, the slots. Each step leaves the directory in a
 * state from which the next start goes on, also after a power cut.
 */
export class DiskDevice implements DevicePlatform {
  readonly trust: TrustStore;
  private readonly part: PartFile;
  private readonly programs: Programs;

  private constructor(
    private readonly slots: Slots,
    private readonly files: DeviceFiles,
    private readonly options: DiskDeviceOptions,
  ) {
    this.trust = trustFile(this.pathOf('trust.json'), files);
    this.programs = options.programs ?? systemPrograms(options.clock);
    this.part = new PartFile(this.pathOf('download'), files);
  }

  static async open(options: DiskDeviceOptions): Promise<DiskDevice> {
    const { directory, factory_version, entropy, files = systemFiles } = options;
    await files.makeDirectory(directory);
    await files.makeDirectory(join(directory, 'download'));
    const slots = await Slots.open(directory, factory_version, { files, entropy });
    // A kill may have come between a rename and its syncing: nothing is done on the word of a file that a power cut could take back.
    await files.syncDirectory(directory);
    return new DiskDevice(slots, files, options);
  }

  /** The slot that runs: its record, its boot and where its image is. */
  currentSlot(): Promise<CurrentSlot> {
    return this.slots.current();
  }

  async loadJournal(): Promise<UpdateState> {
    const path = this.pathOf('journal.json');
    const journal = (await readJson(path, this.files)) ?? { status: 'idle' };
    if (!isUpdateState(journal)) throw new Error(`${path} says nothing that this version knows`);
    return journal;
  }

  saveJournal(state: UpdateState): Promise<void> {
    return writeJson(this.pathOf('journal.json'), state, { files: this.files });
  }

  async running(): Promise<Running> {
    const { record, boot_id, slot, image } = await this.slots.current();
    const { version } = record;
    const { confirmed_command: asks } = this.options;
    if (!asks) return { version, boot_id };
    const argv = argvOf(asks, { image, slot, version });
    const { ok } = await this.programs.run(argv, CONFIRMED_MS, new AbortController().signal);
    return { version, boot_id, confirmed: ok };
  }

  openImage(plan: Plan): Promise<ImageSink> {
    return this.part.open(plan);
  }

  async discard(plan: Plan): Promise<void> {
    await this.part.remove();
    await this.slots.drop(plan);
  }

  async install(plan: Plan, signal: AbortSignal): Promise<void> {
    await this.part.close();
    const slot = await withRoom(this.pathOf('slots'), this.files, () => this.filled(plan));
    const outcome = await this.run(this.options.install_command, slot, plan, signal);
    if (!outcome.ok) throw new UpdateFailure('install-failed', outcome.message);
  }

  async activate(plan: Plan): Promise<void> {
    const spare = await this.slots.spare();
    if (!(await this.slots.holds(spare, plan)))
      throw new UpdateFailure('install-failed', `slot ${spare} does not hold ${plan.version} as it was verified`);
    await this.slots.point(spare);
  }

  async confirm(plan: Plan, signal: AbortSignal): Promise<Health | NotBooted> {
    if (await this.slots.isOf(await this.slots.spare(), plan)) {
      await this.activate(plan);
      return 'not-booted';
    }
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
    await this.slots.drop(plan);
  }

  close(): Promise<void> {
    return this.part.close();
  }

  /** The slot with the plan's image; filled from the part, unless it was before. @throws ImageLost when neither has it */
  private async filled(plan: Plan): Promise<SlotName> {
    const spare = await this.slots.spare();
    if (await this.slots.holds(spare, plan)) return spare;
    try {
      await this.slots.fill(plan, this.part.image);
    } catch (cause) {
      if (isMissing(cause)) throw new ImageLost('the image is not on the disk any more', { cause });
      throw cause;
    }
    if (await this.slots.isWhole(spare)) return spare;
    throw new ImageLost(`slot ${spare} does not hold what was verified`);
  }

  private pathOf(name: string): string {
    return join(this.options.directory, name);
  }

  private run(template: string | undefined, slot: SlotName, plan: Plan, signal: AbortSignal): Promise<Outcome> {
    if (!template) return Promise.resolve({ ok: true, message: '' });
    const argv = argvOf(template, { image: this.slots.imageOf(slot), slot, version: plan.version });
    return this.programs.run(argv, (this.options.command_timeout_s ?? 600) * 1000, signal);
  }
}
