import { dirname } from 'node:path';
import { isMissing, type DeviceFiles } from './device-files.js';
import { withRoom } from './free-space.js';
import { systemFiles } from './system-files.js';

/** Where a file is, and who may read it. */
export interface Place {
  /** Default: the machine's own disk. */
  files?: DeviceFiles;
  /** Permissions of the new file; default rw-r--r--. */
  mode?: number;
}

/**
 * Replaces a JSON file as a whole: after a crash it holds the old or the new content, never half of one. The new content is on the
 * disk when this returns. What could not be written leaves nothing behind.
 * @throws UpdateFailure 'storage-full' on a full disk, else the system's error
 */
export function writeJson(
  path: string,
  value: unknown,
  { files = systemFiles, mode = 0o644 }: Place = {},
): Promise<void> {
  return withRoom(path, files, async () => {
    const fresh = `${path}.new`;
    try {
      await writeDurably(fresh, `${JSON.stringify(value)}\n`, mode, files);
    } catch (error) {
      await files.remove(fresh).catch(() => undefined);
      throw error;
    }
    await files.rename(fresh, path);
    await files.syncDirectory(dirname(path));
  });
}

async function writeDurably(path: string, content: string, mode: number, files: DeviceFiles): Promise<void> {
  const file = await files.open(path, 'replace', mode);
  try {
    await file.append(Buffer.from(content));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A JSON file's content, or undefined when there is no such file. @throws Error that names the file when it holds no JSON */
export async function readJson(path: string, files: DeviceFiles = systemFiles): Promise<unknown> {
  try {
    return JSON.parse((await files.read(path)).toString('utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}
