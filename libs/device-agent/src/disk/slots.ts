import { randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, readJson, syncDirectory, writeAtomically } from './atomic-file.js';
import type { Plan } from '../update/update.state.js';

export type SlotName = 'a' | 'b';

/** What a slot holds: `slot.json` beside its `image.bin`. */
export type SlotRecord =
  | { origin: 'factory'; version: string }
  | { origin: 'update'; version: string; sha256: string; firmware_id: string; update_id: string };

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
  private constructor(private readonly directory: string) {}

  /** Opens a device's directory; a new one gets slot a with the factory's version. */
  static async open(directory: string, factoryVersion: string): Promise<Slots> {
    const slots = new Slots(directory);
    if ((await readJson(slots.pointer)) !== undefined) return slots;
    await mkdir(slots.pathOf('a'), { recursive: true });
    await slots.record('a', { origin: 'factory', version: factoryVersion });
    await slots.point('a');
    return slots;
  }

  /** The slot that runs. @throws when the pointer or the slot it names cannot be read */
  async current(): Promise<CurrentSlot> {
    const current = (await readJson(this.pointer)) as Current;
    const record = await this.recordOf(current.slot);
    if (!record) throw new Error(`the running slot ${current.slot} of ${this.directory} has no slot.json`);
    return { ...current, record, image: this.imageOf(current.slot) };
  }

  /** The slot that does not run. */
  async spare(): Promise<SlotName> {
    return (await this.current()).slot === 'a' ? 'b' : 'a';
  }

  /** True when the plan's image is in the slot, whole. */
  async holds(slot: SlotName, plan: Plan): Promise<boolean> {
    const record = await this.recordOf(slot);
    if (record?.origin !== 'update' || record.update_id !== plan.update_id) return false;
    return exists(this.imageOf(slot));
  }

  /** Moves a verified image into the slot that does not run. Twice is as good as once. */
  async fill(plan: Plan, image: string): Promise<SlotName> {
    const slot = await this.spare();
    if (await this.holds(slot, plan)) return slot;
    await this.clear(slot);
    await mkdir(this.pathOf(slot), { recursive: true });
    const { version, sha256, firmware_id, update_id } = plan;
    await this.record(slot, { origin: 'update', version, sha256, firmware_id, update_id });
    await rename(image, this.imageOf(slot));
    await syncDirectory(this.pathOf(slot));
    return slot;
  }

  /** Deletes a slot's content. */
  async clear(slot: SlotName): Promise<void> {
    await rm(this.pathOf(slot), { recursive: true, force: true });
  }

  /** From now on `slot` is the one that runs, in a new boot. */
  async point(slot: SlotName): Promise<void> {
    const current: Current = { slot, boot_id: randomUUID() };
    await writeAtomically(this.pointer, `${JSON.stringify(current)}\n`);
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
    return (await readJson(join(this.pathOf(slot), 'slot.json'))) as SlotRecord | undefined;
  }

  private record(slot: SlotName, record: SlotRecord): Promise<void> {
    return writeAtomically(join(this.pathOf(slot), 'slot.json'), `${JSON.stringify(record, undefined, 2)}\n`);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
