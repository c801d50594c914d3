import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DevicePlatform, ImageSink, Running } from '../device-platform.js';
import type { TrustStore } from '../trust/trust-store.js';
import { UpdateFailure } from '../update/update-failure.js';
import type { Plan, UpdateState } from '../update/update.state.js';
import { readJson, writeAtomically } from './atomic-file.js';
import { argvOf, runCommand, type CommandOutcome } from './command.js';
import { DiskImage } from './disk-image.js';
import { trustFile } from './trust-file.js';
import { Slots, type CurrentSlot, type SlotName } from './slots.js';

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
}

/**
 * A device as a directory: `journal.json`, `trust.json`, `download/` with the part of an image, the slots. Each step leaves the directory in a
 * state from which the next start goes on.
 */
export class DiskDevice implements DevicePlatform {
  readonly trust: TrustStore;
  private image: { plan: Plan; file: DiskImage } | undefined;

  private constructor(
    private readonly slots: Slots,
    private readonly options: DiskDeviceOptions,
  ) {
    this.trust = trustFile(this.pathOf('trust.json'));
  }

  static async open(options: DiskDeviceOptions): Promise<DiskDevice> {
    await mkdir(join(options.directory, 'download'), { recursive: true });
    return new DiskDevice(await Slots.open(options.directory, options.factory_version), options);
  }

  /** The slot that runs: its record, its boot and where its image is. */
  currentSlot(): Promise<CurrentSlot> {
    return this.slots.current();
  }

  async loadJournal(): Promise<UpdateState> {
    return ((await readJson(this.pathOf('journal.json'))) as UpdateState | undefined) ?? { status: 'idle' };
  }

  saveJournal(state: UpdateState): Promise<void> {
    return writeAtomically(this.pathOf('journal.json'), `${JSON.stringify(state)}\n`);
  }

  async running(): Promise<Running> {
    const { record, boot_id } = await this.slots.current();
    return { version: record.version, boot_id };
  }

  async openImage(plan: Plan): Promise<ImageSink> {
    if (this.image?.plan.update_id === plan.update_id) return this.image.file;
    await this.close();
    if (!isPartOf(await readJson(this.pathOf('download', 'part.json')), plan)) {
      await rm(this.part, { force: true });
      const { update_id, sha256, size } = plan;
      await writeAtomically(this.pathOf('download', 'part.json'), `${JSON.stringify({ update_id, sha256, size })}\n`);
    }
    const file = await DiskImage.open(this.part);
    this.image = { plan, file };
    return file;
  }

  async discard(plan: Plan): Promise<void> {
    await this.close();
    await rm(this.part, { force: true });
    await rm(this.pathOf('download', 'part.json'), { force: true });
    const spare = await this.slots.spare();
    if (await this.slots.holds(spare, plan)) await this.slots.clear(spare);
  }

  async install(plan: Plan, signal: AbortSignal): Promise<void> {
    await this.close();
    const slot = await this.slots.fill(plan, this.part);
    const outcome = await this.run(this.options.install_command, slot, plan, signal);
    if (!outcome.ok) throw new UpdateFailure('install-failed', outcome.message);
  }

  async activate(plan: Plan): Promise<void> {
    const spare = await this.slots.spare();
    if (await this.slots.holds(spare, plan)) await this.slots.point(spare);
  }

  async confirm(plan: Plan, signal: AbortSignal): Promise<void> {
    await this.activate(plan);
    const { slot, record } = await this.slots.current();
    if (record.origin !== 'update' || record.update_id !== plan.update_id)
      throw new UpdateFailure('rolled-back', `the device runs ${record.version} again`);
    const outcome = await this.run(this.options.health_command, slot, plan, signal);
    if (outcome.ok) return;
    await this.slots.point(slot === 'a' ? 'b' : 'a');
    await this.slots.clear(slot);
    throw new UpdateFailure('rolled-back', `${plan.version} is not well: ${outcome.message}`.slice(0, 1_000));
  }

  async close(): Promise<void> {
    await this.image?.file.close();
    this.image = undefined;
  }

  private get part(): string {
    return this.pathOf('download', 'image.part');
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

/** A part belongs to a plan when it is of the same update and the same image. */
function isPartOf(value: unknown, { update_id, sha256, size }: Plan): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const part = value as Partial<Plan>;
  return part.update_id === update_id && part.sha256 === sha256 && part.size === size;
}
