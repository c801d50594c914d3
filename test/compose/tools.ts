import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.js';

const NEEDED = ['dockerd', 'docker', 'runc', 'iptables', 'mmdebstrap'];
const PACKAGES = ['docker.io', 'iptables', 'mmdebstrap', 'iproute2'];

/** Programs of Debian's sid, unpacked for these tests alone: static ones, that run on any release. */
export interface Tools {
  compose: string;
  caddy: string;
  nats_server: string;
  /** Where Debian packages come from on this machine. */
  mirror: string;
}

/** Why the stack cannot be run on this machine, if so. */
export async function whyNot(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'a Docker engine is started as root only';
  if (!(await has('apt-get'))) return 'base images are made of Debian packages, and there is no apt-get here';
  return undefined;
}

/** Installs what is missing. @throws Error with apt's words */
export async function tools(work: string): Promise<Tools> {
  const missing = (await Promise.all(NEEDED.map(has))).includes(false);
  if (missing) {
    await run('apt-get', ['update', '-qq']);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES], { env });
  }
  return { ...(await fromSid(join(work, 'sid'))), mirror: await mirror() };
}

async function fromSid(dir: string): Promise<Omit<Tools, 'mirror'>> {
  for (const folder of ['lists/partial', 'archives/partial', 'root'])
    await mkdir(join(dir, folder), { recursive: true });
  await writeFile(join(dir, 'sid.list'), `deb ${await mirror()} sid main\n`);
  await writeFile(join(dir, 'status'), '');
  const options = [
    `Dir::Etc::sourcelist=${dir}/sid.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${dir}/lists`,
    `Dir::State::status=${dir}/status`,
    `Dir::Cache=${dir}`,
    `Dir::Cache::archives=${dir}/archives`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, 'update', '-qq']);
  await run('apt-get', [...options, 'download', '-qq', 'docker-compose', 'caddy', 'nats-server'], { cwd: dir });
  for (const name of await readdir(dir)) {
    if (name.endsWith('.deb')) await run('dpkg-deb', ['-x', join(dir, name), join(dir, 'root')]);
  }
  return {
    compose: join(dir, 'root/usr/libexec/docker/cli-plugins/docker-compose'),
    caddy: join(dir, 'root/usr/bin/caddy'),
    nats_server: join(dir, 'root/usr/sbin/nats-server'),
  };
}

async function mirror(): Promise<string> {
  const format = ['--format', '$(SITE)', 'Created-By: Packages', 'Component: main'];
  const sites = (await run('apt-get', ['indextargets', ...format])).trim().split('\n');
  const site = sites.find((each) => each.endsWith('/debian') || each.endsWith('/debian/'));
  if (!site) throw new Error('the apt sources of this machine name no Debian mirror');
  return site;
}

function has(program: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}
