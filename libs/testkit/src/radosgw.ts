import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '@edgeflow/embedded';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);
const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'monmaptool'];
const INSTALL = 'apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common';
const READY_MS = 120_000;

/** A real S3 server with an empty store in memory. */
export interface Radosgw {
  url: string;
  access_key_id: string;
  secret_access_key: string;
  /** Stops its daemons and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts Ceph's radosgw on free ports, which takes some 15 s.
 * @returns undefined, and says so loudly, where it is not installed
 * @throws Error with the output of the script when it does not start
 */
export async function startRadosgw(): Promise<Radosgw | undefined> {
  const missing = await missingPrograms();
  if (missing.length > 0) {
    console.warn(
      `\n*** SKIPPED: the specs on a real radosgw. Not installed: ${missing.join(', ')}. ***\n*** ${INSTALL} ***\n`,
    );
    return undefined;
  }
  const folder = await temporaryFolder('radosgw');
  const keys = { access_key_id: 'RADOSGWTEST', secret_access_key: randomBytes(20).toString('hex') };
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await run(script('down.sh'), [folder.path]);
    await folder.remove();
  };
  try {
    const args = [folder.path, port, await freePort(), keys.access_key_id, keys.secret_access_key].map(String);
    await run(script('up.sh'), args);
    await answers(url);
    return { url, ...keys, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Built or not, this file is one folder below the package. */
function script(name: string): string {
  return fileURLToPath(new URL(`../radosgw/${name}`, import.meta.url));
}

async function answers(url: string): Promise<void> {
  for (const until = Date.now() + READY_MS; ; await sleep(100)) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => undefined,
    );
    if (status !== undefined && status < 500) return;
    if (Date.now() > until) throw new Error(`radosgw did not answer in ${READY_MS / 1000} s`);
  }
}

async function missingPrograms(): Promise<string[]> {
  const looks = await Promise.allSettled(PROGRAMS.map((program) => run('which', [program])));
  return PROGRAMS.filter((_, at) => looks[at]?.status === 'rejected');
}
