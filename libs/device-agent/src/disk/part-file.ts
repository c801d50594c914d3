import { join } from 'node:path';
import { identityOf, isSamePlan, type Plan } from '../update/update.state.js';
import type { DeviceFiles } from './device-files.js';
import { DiskImage } from './disk-image.js';
import { readJson, writeJson } from './json-file.js';
import { requireRoom } from './free-space.js';

/** The part of an image that is downloaded: `image.part`, and `part.json`, which says of which plan it is. */
export class PartFile {
  private opened: { plan: Plan; image: DiskImage } | undefined;

  constructor(
    private readonly directory: string,
    private readonly files: DeviceFiles,
  ) {}

  /** Path of the image. */
  get image(): string {
    return join(this.directory, 'image.part');
  }

  /** The plan's part as far as it is here; another plan's is deleted. @throws UpdateFailure 'storage-full' before the first byte */
  async open(plan: Plan): Promise<DiskImage> {
    if (this.opened && isSamePlan(this.opened.plan, plan)) return this.opened.image;
    await this.close();
    if (!(await this.isOf(plan))) {
      await this.remove();
      await writeJson(this.record, identityOf(plan), { files: this.files });
    }
    const image = await DiskImage.open(this.image, plan.size, this.files);
    this.opened = { plan, image };
    await requireRoom(this.directory, Math.max(0, plan.size - image.received), this.files).catch(async (error) => {
      await this.remove();
      throw error;
    });
    return image;
  }

  /** Deletes the part of whatever plan it is. */
  async remove(): Promise<void> {
    await this.close();
    await this.files.remove(this.image);
    await this.files.remove(this.record);
    await this.files.syncDirectory(this.directory);
  }

  /** Lets go of the file; what is in it stays. */
  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.image.close();
  }

  /** A record that cannot be read is nobody's. */
  private async isOf(plan: Plan): Promise<boolean> {
    const record = await readJson(this.record, this.files).catch(() => undefined);
    return isSamePlan(Object(record) as Partial<Plan>, plan);
  }

  private get record(): string {
    return join(this.directory, 'part.json');
  }
}
