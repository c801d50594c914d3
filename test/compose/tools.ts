import { findNatsServer, findProgram } from '@edgeflow/embedded';
import { caddyOrSkip } from '../security/caddy.js';
import { run } from './run.js';

const NEEDED = ['dockerd', 'docker', 'runc', 'iptables', 'mmdebstrap', 'ip', 'nsenter', 'ss'];
const PACKAGES = ['docker.io', 'iptables', 'mmdebstrap', 'iproute2', 'util-linux'];

/** What is run, and what base images are made of. */
export interface Tools {
  compose: string;
  caddy: string;
  nats_server: string;
  /** Where Debian packages come from on this machine. */
  mirror: string;
}

/** Why the stack cannot be run on this machine, if so. */
export async function whyNot(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'It needs Linux.';
  if (process.getuid?.() !== 0) return 'A Docker engine is started as root only.';
  if (!(await has('apt-get'))) return 'Base images are made of Debian packages, and there is no apt-get here.';
  return undefined;
}

/** Installs what is missing. @throws Error with apt's words */
export async function tools(): Promise<Tools> {
  const missing = (await Promise.all(NEEDED.map(has))).includes(false);
  if (missing) {
    await run('apt-get', ['update', '-qq']);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES], { env });
  }
  const caddy = await caddyOrSkip();
  if (!caddy) throw new Error('There is no Caddy here.');
  return { compose: await findCompose(), caddy, nats_server: await findNatsServer(), mirror: await mirror() };
}

/** A docker-compose that knows all that docker-compose.yml has, of DOCKER_COMPOSE_BIN, PATH, the cache or Debian. */
function findCompose(): Promise<string> {
  const meetsFloor = (version = ''): boolean => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major > 2 || (major === 2 && minor >= 23);
  };
  const versionOf = (bin: string): Promise<string | undefined> =>
    run(bin, ['version', '--short']).then(
      (version) => version.trim().replace(/^v/, ''),
      () => undefined,
    );
  const floor = '2.23 or newer';
  return findProgram({ name: 'docker-compose', variable: 'DOCKER_COMPOSE_BIN', floor, meetsFloor, versionOf });
}

async function mirror(): Promise<string> {
  const format = ['--format', '$(SITE)', 'Created-By: Packages', 'Component: main'];
  const sites = (await run('apt-get', ['indextargets', ...format])).trim().split('\n');
  const site = sites.find((each) => /\/debian\/?$/.test(each));
  if (!site) throw new Error('The apt sources of this machine name no Debian mirror.');
  return site;
}

function has(program: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}
