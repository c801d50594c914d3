import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, readlink } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findProgram, freePort } from '@edgeflow/embedded';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import type { Endpoints } from '../e2e/standalone.harness.js';

const run = promisify(execFile);
const CADDYFILE = fileURLToPath(new URL('../../deploy/Caddyfile', import.meta.url));
const START_MS = 30_000;
const PAUSE_MS = 50;

/**
 * Caddy as `CADDY_BIN`, PATH, the cache or Debian have it; undefined, and said so aloud, where there is none: what needs it is skipped.
 * deploy/Caddyfile wants 2.11, which first forwards what it hears on a Unix socket.
 */
export async function caddyOrSkip(): Promise<string | undefined> {
  const meetsFloor = (version = ''): boolean => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major > 2 || (major === 2 && minor >= 11);
  };
  const caddy = { name: 'caddy', variable: 'CADDY_BIN', floor: '2.11 or newer', meetsFloor, versionOf };
  try {
    return await findProgram(caddy);
  } catch (error) {
    console.warn(`NOT TRIED, since there is no Caddy here: ${String(error)}`);
    return undefined;
  }
}

async function versionOf(bin: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(bin, ['version']);
    return /^v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Caddy with deploy/Caddyfile, as the compose file's origin runs it, but on loopback. */
export class CaddyUnderTest {
  port = 0;
  /** All that it logged. */
  log = '';
  private child!: ChildProcess;

  private constructor(
    private readonly bin: string,
    private readonly folder: TemporaryFolder,
    private readonly settings: NodeJS.ProcessEnv,
  ) {}

  /** @param settings the variables of deploy/Caddyfile, on top of those of its place here */
  static async start(bin: string, settings: NodeJS.ProcessEnv = {}): Promise<CaddyUnderTest> {
    const caddy = new CaddyUnderTest(bin, await temporaryFolder('caddy'), settings);
    try {
      await caddy.begin();
      return caddy;
    } catch (error) {
      await caddy.dispose();
      throw error;
    }
  }

  get origin(): string {
    return `https://localhost:${this.port}`;
  }

  /** The certificate of its own authority, PEM. */
  ca(): Promise<string> {
    return readFile(this.caFile, 'utf8');
  }

  get caFile(): string {
    return join(this.folder.path, 'data/caddy/pki/authorities/local/root.crt');
  }

  /** Where its Unix sockets are. */
  get runFolder(): string {
    return join(this.folder.path, 'run');
  }

  /** The ports that it listens at, as the kernel has them (proc(5)). */
  async sockets(): Promise<{ tcp: number[]; udp: number[] }> {
    const proc = `/proc/${this.child.pid}`;
    const files = await readdir(`${proc}/fd`);
    const links = await Promise.all(files.map((fd) => readlink(`${proc}/fd/${fd}`).catch(() => '')));
    const inodes = links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]);
    /** Of a table: state 0A is LISTEN for TCP, 07 an open socket for UDP that is not connected. */
    const ports = async (table: string, state: string): Promise<number[]> => {
      const texts = await Promise.all([table, `${table}6`].map((name) => readFile(`${proc}/net/${name}`, 'utf8')));
      const rows = texts.flatMap((text) => text.split('\n').map((line) => line.trim().split(/\s+/)));
      const open = rows.filter((fields) => fields[3] === state && inodes.includes(fields[9]));
      return open.map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
    };
    return { tcp: await ports('tcp', '0A'), udp: await ports('udp', '07') };
  }

  /** Reads its configuration again, as `docker compose exec origin caddy reload` does. @param settings other variables than before */
  async reload(settings: NodeJS.ProcessEnv = {}): Promise<void> {
    await run(this.bin, ['reload', '--force', '--config', CADDYFILE], { env: { ...this.environment(), ...settings } });
  }

  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.kill();
      await once(this.child, 'close');
    }
    process.off('exit', this.kill);
    await this.folder.remove();
  }

  private readonly kill = (): void => void this.child.kill('SIGKILL');

  private async begin(): Promise<void> {
    this.port = await freePort();
    const env = this.environment();
    await mkdir(env.CADDY_RUN, { recursive: true });
    this.child = spawn(this.bin, ['run', '--config', CADDYFILE], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    // Whoever ends without dispose(), e.g. by a time-out, leaves no server behind.
    process.once('exit', this.kill);
    this.child.stdout?.on('data', (data: Buffer) => (this.log += data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => (this.log += data.toString()));
    for (const until = Date.now() + START_MS; !(await this.answers()); await sleep(PAUSE_MS)) {
      if (this.child.exitCode !== null || Date.now() > until) throw new Error(`Caddy did not start:\n${this.log}`);
    }
  }

  private environment(): NodeJS.ProcessEnv & { CADDY_RUN: string } {
    const at = (name: string): string => join(this.folder.path, name);
    return {
      PATH: process.env['PATH'],
      EDGEFLOW_PORT: String(this.port),
      CADDY_RUN: at('run'),
      XDG_DATA_HOME: at('data'),
      XDG_CONFIG_HOME: at('config'),
      ...this.settings,
    };
  }

  /** Whether it serves; its certificate is looked at by whoever asks for more. */
  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const options = { host: '127.0.0.1', port: this.port, rejectUnauthorized: false };
      const asked = request(options, (response) => resolve(response.resume().statusCode === 200));
      asked.on('error', () => resolve(false));
      asked.end();
    });
  }
}

/** The variables that have deploy/Caddyfile find services at these ports, of 127.0.0.1 as their first replica, 127.0.0.2 as their second… */
export function replicasAt(ports: {
  registry: number;
  orchestrator: number;
  gateway: number;
  query: number;
}): NodeJS.ProcessEnv {
  const variables = Object.entries(ports).map(([prefix, port]) => {
    const name = prefix.toUpperCase();
    return { [`${name}_PORT`]: String(port), [`${name}_REPLICAS`]: '127.0.0.', [`${name}_NAME`]: 'localhost' };
  });
  return Object.assign({}, ...variables) as NodeJS.ProcessEnv;
}

/** The variables that have deploy/Caddyfile stand in front of a standalone's services and store. */
export function servicesOf({ processes, s3 }: Endpoints): NodeJS.ProcessEnv {
  const at = (name: string): number => Number(new URL(processes.find((one) => one.name === name)?.url ?? '').port);
  return {
    S3_BUCKET: s3.bucket,
    S3_UPSTREAM: new URL(s3.endpoint).host,
    ...replicasAt({
      registry: at('firmware-registry'),
      orchestrator: at('rollout-orchestrator'),
      gateway: at('device-gateway'),
      query: at('projection'),
    }),
  };
}
