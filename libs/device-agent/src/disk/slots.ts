import { join } from 'node:path';
import type { Entropy } from '@edgeflow/runtime';
import { HashSink } from '../hash-sink.js';
import { isSamePlan, type Plan } from '../update/update.state.js';
import { isMissing, type DeviceFiles } from './device-files.js';
import { readJson, writeJson } from './json-file.js';

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
    private readonly entropy: Pick<Entropy, 'uuid'>,
  ) {}

  /** Opens a device's directory; a new one gets slot a with the factory's version. */
  static async open(
    directory: string,
    factoryVersion: string,
    { files, entropy }: { files: DeviceFiles; entropy: Pick<Entropy, 'uuid'> },
  ): Promise<Slots> {
    const slots = new Slots(directory, files, entropy);
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
    if (!record)
      throw new Error(`the running slot ${current.slot} of ${this.directory} has no slot.json that can be read`);
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
    const image = new HashSink();
    try {
      for await (const piece of this.files.stream(this.imageOf(slot))) await image.write(piece);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    // A record of an older agent has no size; its hash says as much.
    return (await image.digest()) === record.sha256 && image.received === (record.size ?? image.received);
  }

  /**
   * True when the slot has what the plan says, byte for byte, and keeps it: a kill may have come between the filling of the slot and its
   * syncing, and what is read then a power cut takes back.
   */
  async holds(slot: SlotName, plan: Plan): Promise<boolean> {
    if (!(await this.isOf(slot, plan)) || !(await this.isWhole(slot))) return false;
    await this.files.syncDirectory(this.pathOf(slot));
    return true;
  }

  /** Moves an image into the slot that does not run. @throws the system's ENOENT when the image is not there */
  async fill(plan: Plan, image: string): Promise<SlotName> {
    const slot = await this.spare();
    await this.files.remove(this.pathOf(slot));
    await this.files.makeDirectory(this.pathOf(slot));
    const { version, sha256, size, firmware_id, update_id } = plan;
    await this.record(slot, { origin: 'update', version, sha256, size, firmware_id, update_id });
    await this.files.rename(image, this.imageOf(slot));
    await this.files.syncDirectory(this.pathOf(slot));
    return slot;
  }

  /** Deletes the content of the slot that does not run, if it is the plan's. */
  async drop(plan: Plan): Promise<void> {
    const slot = await this.spare();
    if (await this.isOf(slot, plan)) await this.files.remove(this.pathOf(slot));
  }

  /** From now on `slot` is the one that runs, in a new boot. */
  async point(slot: SlotName): Promise<void> {
    const current: Current = { slot, boot_id: this.entropy.uuid() };
    await writeJson(this.pointer, current, { files: this.files });
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

  private recordPathOf(slot: SlotName): string {
    return join(this.pathOf(slot), 'slot.json');
  }

  /** A record that cannot be read is none: the slot is filled anew, or not gone back to. */
  private async recordOf(slot: SlotName): Promise<SlotRecord | undefined> {
    const record = await readJson(this.recordPathOf(slot), this.files).catch(() => undefined);
    return (record ?? undefined) as SlotRecord | undefined;
  }

  private record(slot: SlotName, record: SlotRecord): Promise<void> {
    return writeJson(this.recordPathOf(slot), record, { files: this.files });
  }
}

/** The other one of the two. */
export function otherThan(slot: SlotName): SlotName {
  return slot === 'a' ? 'b' : 'a';
}
