import { dirname } from 'node:path';
import { isMissing, type DeviceFiles } from './device-files.js';
import { systemFiles } from './system-files.js';

/**
 * Replaces a file as a whole: after a crash it holds the old or the new content, never half of one. The new content is on the
 * disk when this returns. What could not be written, on a full disk, leaves nothing behind.
 * @param mode permissions of the new file; default rw-r--r--
 */
export async function writeAtomically(
  path: string,
  content: string,
  mode = 0o644,
  files: DeviceFiles = systemFiles,
): Promise<void> {
  const aside = `${path}.new`;
  try {
    await writeDurably(aside, content, mode, files);
  } catch (error) {
    await files.remove(aside).catch(() => undefined);
    throw error;
  }
  await files.rename(aside, path);
  await files.syncDirectory(dirname(path));
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
