import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isSamePlan, type Plan } from '../update/update.state.js';
import { readJson, writeAtomically } from './atomic-file.js';
import type { DeviceFiles } from './device-files.js';
import { digestOf } from './digest.js';

export type SlotName = 'a' | 'b';

/** What a slot holds: `slot.json` beside its `image.bin`. */
export type SlotRecord =
  | { origin: 'factory'; version: string }
  | ({ origin: 'update' } & Pick<Plan, 'version' | 'sha256' | 'size' | 'firmware_id' | 'update_id'>);

/** The file `current`: which slot runs, and in which boot. One file, so that one rename changes both. */
interface Current {
  slot: SlotName;
  boot_id: string;
}

export interface CurrentSlot extends Current {
  record: SlotRecord;
  /** Path of the image; the factory slot has none. */
  image: string;
}

/** Two slots in a directory: `slots/a`, `slots/b` and the pointer file `current`. The one that runs is never written. */
export class Slots {
  private constructor(
    private readonly directory: string,
    private readonly files: DeviceFiles,
  ) {}

  /** Opens a device's directory; a new one gets slot a with the factory's version. */
  static async open(directory: string, factoryVersion: string, files: DeviceFiles): Promise<Slots> {
    const slots = new Slots(directory, files);
    if ((await readJson(slots.pointer, files)) !== undefined) return slots;
    await files.makeDirectory(join(directory, 'slots'));
    await files.makeDirectory(slots.pathOf('a'));
    await slots.record('a', { origin: 'factory', version: factoryVersion });
    await slots.point('a');
    return slots;
  }

  /** The slot that runs. @throws when the pointer or the slot it names cannot be read */
  async current(): Promise<CurrentSlot> {
    const current = (await readJson(this.pointer, this.files)) as Current;
    const record = await this.recordOf(current.slot);
    if (!record) throw new Error(`the running slot ${current.slot} of ${this.directory} has no slot.json`);
    return { ...current, record, image: this.imageOf(current.slot) };
  }

  /** The slot that does not run. */
  async spare(): Promise<SlotName> {
    return otherThan((await this.current()).slot);
  }

  /** True when the slot's record is the plan's; what the image is, only `isWhole` says. */
  async isOf(slot: SlotName, plan: Plan): Promise<boolean> {
    const record = await this.recordOf(slot);
    return record?.origin === 'update' && isSamePlan(record, plan);
  }

  /** True when the slot has what its record says, byte for byte. What the factory put there nobody has ever hashed. */
  async isWhole(slot: SlotName): Promise<boolean> {
    const record = await this.recordOf(slot);
    if (record?.origin !== 'update') return record !== undefined;
    const digest = await digestOf(this.imageOf(slot), this.files);
    // A record of an older agent has no size; its hash says as much.
    return digest?.sha256 === record.sha256 && digest.size === (record.size ?? digest.size);
  }

  /** Moves an image into the slot that does not run. @throws the system's ENOENT when the image is not there */
  async fill(plan: Plan, image: string): Promise<SlotName> {
    const slot = await this.spare();
    await this.clear(slot);
    await this.files.makeDirectory(this.pathOf(slot));
    const { version, sha256, size, firmware_id, update_id } = plan;
    await this.record(slot, { origin: 'update', version, sha256, size, firmware_id, update_id });
    await this.files.rename(image, this.imageOf(slot));
    await this.files.syncDirectory(this.pathOf(slot));
    return slot;
  }

  /** Deletes a slot's content. */
  async clear(slot: SlotName): Promise<void> {
    await this.files.remove(this.pathOf(slot));
  }

  /** From now on `slot` is the one that runs, in a new boot. */
  async point(slot: SlotName): Promise<void> {
    // A kill may have come between the filling of the slot and its syncing.
    await this.files.syncDirectory(this.pathOf(slot));
    const current: Current = { slot, boot_id: randomUUID() };
    await writeAtomically(this.pointer, `${JSON.stringify(current)}\n`, undefined, this.files);
  }

  imageOf(slot: SlotName): string {
    return join(this.pathOf(slot), 'image.bin');
  }

  private get pointer(): string {
    return join(this.directory, 'current');
  }

  private pathOf(slot: SlotName): string {
    return join(this.directory, 'slots', slot);
  }

  private async recordOf(slot: SlotName): Promise<SlotRecord | undefined> {
    return (await readJson(join(this.pathOf(slot), 'slot.json'), this.files)) as SlotRecord | undefined;
  }

  private record(slot: SlotName, record: SlotRecord): Promise<void> {
    const text = `${JSON.stringify(record, undefined, 2)}\n`;
    return writeAtomically(join(this.pathOf(slot), 'slot.json'), text, undefined, this.files);
  }
}

/** The other one of the two. */
export function otherThan(slot: SlotName): SlotName {
  return slot === 'a' ? 'b' : 'a';
}
