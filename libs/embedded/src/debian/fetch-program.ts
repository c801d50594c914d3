import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtempDisposable, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mirrorFor, parseDeb822Sources, parseSourcesList, type AptSource } from './apt-sources.js';

const run = promisify(execFile);
/** The suite that has what the running release is too old for; it moves, so no version is asked for. */
const SUITE = 'sid';
const APT_DIR = '/etc/apt';
/** Where a package puts its program. */
const PLACES = ['usr/bin', 'usr/sbin', 'usr/libexec/docker/cli-plugins'];

/** A program that is a package of its own in Debian, and that an engineer may name by a variable. */
export interface WantedProgram {
  /** The package, and the program in it. */
  name: string;
  /** The variable, e.g. `NATS_SERVER_BIN`. */
  variable: string;
  /** Which versions will do, in words. */
  floor: string;
  meetsFloor(version: string | undefined): boolean;
  /** What a binary says of itself, undefined when it is no such program or cannot be run. */
  versionOf(bin: string): Promise<string | undefined>;
}

/**
 * Fetches a program from Debian's sid with apt, which checks signature and hash, and unpacks it. apt gets lists, caches
 * and status of its own: nothing of the system is touched, and root is not needed.
 * @param target where the binary goes, moved there in one step
 * @throws Error of one line that says what is missing
 */
export async function fetchProgram(program: WantedProgram, target: string): Promise<string> {
  const mirror = mirrorFor(await machineSources(), await codename(), SUITE);
  if (!mirror) throw new Error('the apt sources of this machine name no Debian mirror');
  await using folder = await mkdtempDisposable(join(tmpdir(), `edgeflow-${program.name}-`));
  const work = folder.path;
  await writeFile(join(work, 'sid.sources'), mirror);
  await download(work, program.name);
  const unpacked = await unpack(work, program);
  const version = await program.versionOf(unpacked);
  if (!program.meetsFloor(version)) throw new Error(`the mirror has ${version}, which is not ${program.floor}`);
  await moveInto(unpacked, target);
  return target;
}

async function download(work: string, name: string): Promise<void> {
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
  await apt(work, [...options, 'download', name]);
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

async function unpack(work: string, { name, versionOf }: WantedProgram): Promise<string> {
  const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
  if (!archive) throw new Error('apt-get gave no package');
  await run('dpkg-deb', ['-x', join(work, archive), join(work, 'root')]);
  for (const folder of PLACES) {
    const path = join(work, 'root', folder, name);
    if (await versionOf(path)) return path;
  }
  throw new Error(`the package holds no ${name} that runs here`);
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
