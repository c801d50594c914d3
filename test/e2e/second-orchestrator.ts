import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { StandaloneUnderTest } from './standalone.harness.js';

const APP = fileURLToPath(new URL('../../apps/rollout-orchestrator', import.meta.url));
const WRONG_CLOCK = new URL('./wrong-clock.mjs', import.meta.url).href;
const READY_MS = 90_000;

/** A further replica of the orchestrator beside the one of standalone, on the same log and database: a process of its own. */
export class SecondOrchestrator {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (this.output += data.toString()));
  }

  /**
   * @param ways to the servers, where it shall not go straight
   * @param clock_ms by how much its machine's clock is ahead
   * @throws Error with its output when it is not ready in time
   */
  static async beside(
    { endpoints, home }: StandaloneUnderTest,
    ways: { database_url?: string; nats_url?: string } = {},
    clock_ms = 0,
  ): Promise<SecondOrchestrator> {
    const port = await freePort();
    const users = JSON.parse(await readFile(join(home, 'keys', 'nats-users.json'), 'utf8')) as Record<string, string>;
    const env = {
      ...process.env,
      ...{ DATABASE_URL: ways.database_url ?? endpoints.database_url, HOST: '127.0.0.1', PORT: String(port) },
      ...{
        NATS_URL: ways.nats_url ?? endpoints.nats_url,
        NATS_CA_FILE: endpoints.nats_ca,
        NATS_API_PREFIX: endpoints.nats_api_prefix,
      },
      ...{ NATS_USER: 'rollout-orchestrator', NATS_PASSWORD: users['rollout-orchestrator'] },
      WRONG_CLOCK_MS: String(clock_ms),
      AUTH_JWKS_URL: pathToFileURL(join(home, 'jwks.json')).href,
    };
    const child = spawn(process.execPath, ['--import', WRONG_CLOCK, join(APP, 'dist/main.js')], {
      cwd: APP,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const second = new SecondOrchestrator(child, `http://127.0.0.1:${port}`);
    for (const until = Date.now() + READY_MS; !(await second.isReady()); await sleep(100)) {
      if (child.exitCode === null && Date.now() < until) continue;
      await second.kill();
      throw new Error(`the second orchestrator is not ready:\n${second.output}`);
    }
    return second;
  }

  /** Ends it without warning. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await closed;
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

/** How many facts an orchestrator has decided since it started: the one that is passive has decided none. */
export async function decisionsOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(/^edgeflow_decisions_total\{[^}]*\} (\d+)/gm)].map(([, value]) => Number(value));
  return values.reduce((sum, value) => sum + value, 0);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
