import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DeviceFile, DeviceFiles } from './device-files.js';

/** The file system of the machine. */
export const systemFiles: DeviceFiles = {
  open: openFile,
  read: (path) => readFile(path),
  stream: (path) => createReadStream(path),
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  makeDirectory,
  syncDirectory,
  free: async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

async function openFile(path: string, how: 'append' | 'replace', mode: number): Promise<DeviceFile> {
  const handle = await open(path, how === 'append' ? 'a' : 'w', mode);
  const { size } = await handle.stat();
  return {
    size,
    append: (bytes) => handle.appendFile(bytes),
    truncate: () => handle.truncate(0),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

async function makeDirectory(path: string): Promise<void> {
  const first = (await mkdir(path, { recursive: true })) ?? path;
  // From the deepest to the first that is new, and that one's entry in what was there before. A kill may have come between the
  // making and the syncing, so that one which is there is synced as well.
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}
