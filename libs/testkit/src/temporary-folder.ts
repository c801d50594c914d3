import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that a test may fill. */
export interface TemporaryFolder {
  path: string;
  remove(): Promise<void>;
}

/** A new, empty folder under the system's temporary directory. Others may pass through it: PostgreSQL has its own user when we are root. */
export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `edgeflow-${name}-`));
  await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
