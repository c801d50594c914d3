import { stat } from 'node:fs/promises';

const OTHERS_READ = 0o004;

/** Whether everybody on this machine may read a file; one that is not there, or in a folder that is closed, is open to nobody. */
export async function openToOthers(path: string): Promise<boolean> {
  try {
    const entry = await stat(path);
    return entry.isFile() && (entry.mode & OTHERS_READ) !== 0;
  } catch {
    return false;
  }
}
