import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { meetsNatsFloor, NATS_FLOOR } from '@edgeflow/contracts';
import { mirrorFor, parseDeb822Sources, parseSourcesList, type AptSource } from './apt-sources.js';
import { natsVersionOf } from './nats-version.js';

const run = promisify(execFile);
/** The suite that has a server of at least the floor; it moves, so no version is asked for. */
const SUITE = 'sid';
const APT_DIR = '/etc/apt';

/**
 * Fetches Debian's nats-server from sid with apt, which checks signature and hash, and unpacks it. apt gets lists, caches
 * and status of its own: nothing of the system is touched, and root is not needed.
 * @param target where the binary goes, moved there in one step
 * @throws Error of one line that says what is missing
 */
export async function fetchNatsServer(target: string): Promise<string> {
  const mirror = mirrorFor(await machineSources(), await codename(), SUITE);
  if (!mirror) throw new Error('the apt sources of this machine name no Debian mirror');
  const work = await mkdtemp(join(tmpdir(), 'edgeflow-nats-'));
  try {
    await writeFile(join(work, 'sid.sources'), mirror);
    await download(work);
    const unpacked = await unpack(work);
    const version = await natsVersionOf(unpacked);
    if (!meetsNatsFloor(version)) throw new Error(`the mirror has ${version}, which is not ${NATS_FLOOR}`);
    await moveInto(unpacked, target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work: string): Promise<void> {
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  await mkdir(join(work, 'archives/partial'), { recursive: true });
  await writeFile(join(work, 'status'), '');
  // apt's sandbox user needs to get in; without it, it warns and goes on as the caller.
  await chmod(work, 0o755);
  const options = [
    `Dir::Etc::sourcelist=${work}/sid.sources`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${work}/lists`,
    `Dir::State::status=${work}/status`,
    `Dir::Cache=${work}`,
    `Dir::Cache::archives=${work}/archives`,
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option]);
  await apt(work, [...options, 'update']);
  await apt(work, [...options, 'download', 'nats-server']);
}

/** @throws Error with apt's own first error, on one line */
async function apt(work: string, args: readonly string[]): Promise<void> {
  try {
    await run('apt-get', args, { cwd: work, env: { ...process.env, LC_ALL: 'C' } });
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string };
    const why = stderr.split('\n').find((line) => line.startsWith('E:')) ?? message.split('\n')[0];
    throw new Error(`apt-get ${args.at(-1)}: ${why}`, { cause });
  }
}

async function unpack(work: string): Promise<string> {
  const archive = (await readdir(work)).find((name) => name.endsWith('.deb'));
  if (!archive) throw new Error('apt-get gave no package');
  await run('dpkg-deb', ['-x', join(work, archive), join(work, 'root')]);
  for (const bin of ['usr/bin/nats-server', 'usr/sbin/nats-server']) {
    const path = join(work, 'root', bin);
    if (await natsVersionOf(path)) return path;
  }
  throw new Error('the package holds no nats-server that runs here');
}

/** The temporary directory may be on another file system, so: a copy beside the target, then a rename. */
async function moveInto(from: string, target: string): Promise<void> {
  const beside = `${target}.${process.pid}`;
  await copyFile(from, beside);
  await chmod(beside, 0o755);
  await rename(beside, target);
}

async function codename(): Promise<string> {
  const release = await textOf('/etc/os-release');
  return /^VERSION_CODENAME="?([\w-]+)/m.exec(release)?.[1] ?? '';
}

/** Every package source of this machine, in both formats. */
async function machineSources(): Promise<AptSource[]> {
  const parts = join(APT_DIR, 'sources.list.d');
  const names = await readdir(parts).catch(() => []);
  const files = [join(APT_DIR, 'sources.list'), ...names.map((name) => join(parts, name))];
  const sources = await Promise.all(
    files.map(async (file) => {
      if (file.endsWith('.sources')) return parseDeb822Sources(await textOf(file));
      return file.endsWith('.list') ? parseSourcesList(await textOf(file)) : [];
    }),
  );
  return sources.flat();
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
