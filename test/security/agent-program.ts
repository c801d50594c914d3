import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';

const PROGRAM = fileURLToPath(new URL('../../apps/device-agent/dist/main.js', import.meta.url));
/** How the agent ends when it wants to be started again, into the new version. */
const EXIT_REBOOT = 75;

export interface AgentStory {
  device_id: string;
  model: string;
  /** What signs its firmware, as its maker put it on the device: a public JWK with its kid. */
  signing_key: object;
}

/** The reference agent as a program of its own, started again whenever it reboots, as a board is. */
export class AgentProgram {
  /** Its log, JSON lines. */
  output = '';
  private child!: ChildProcess;
  private stopped = false;

  private constructor(
    private readonly dir: string,
    private readonly args: readonly string[],
  ) {}

  /** Starts it for a new device of acme, which enrols with the claim token of the home. */
  static async start(standalone: StandaloneUnderTest, { device_id, model, signing_key }: AgentStory) {
    const dir = join(standalone.home, 'agents', device_id);
    await mkdir(dir, { recursive: true });
    const key = join(dir, 'publisher.json');
    await writeFile(key, JSON.stringify(signing_key));
    const { origin, ca, device_claims } = standalone.endpoints;
    const options = {
      ...{ origin, ca, dir, model, version: '1.0.0', restart: 'exit' },
      ...{ 'device-id': device_id, 'signing-key': key, 'claim-token-file': join(device_claims, 'acme.token') },
    };
    const agent = new AgentProgram(
      dir,
      Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    );
    agent.run();
    return agent;
  }

  /** What is in its slots, and which of them runs: every file with its hash. */
  async slots(): Promise<Record<string, string>> {
    const names = await readdir(join(this.dir, 'slots'), { recursive: true });
    const found: Record<string, string> = { current: await this.hashOf('current') };
    for (const name of names.toSorted()) {
      const hash = await this.hashOf('slots', name).catch(() => 'a folder');
      found[name] = hash;
    }
    return found;
  }

  /** The SHA-256 of the image that runs. */
  async running(): Promise<string> {
    const { slot } = JSON.parse(await readFile(join(this.dir, 'current'), 'utf8')) as { slot: string };
    return this.hashOf('slots', slot, 'image.bin');
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }

  private async hashOf(...names: string[]): Promise<string> {
    return createHash('sha256')
      .update(await readFile(join(this.dir, ...names)))
      .digest('hex');
  }

  private run(): void {
    this.child = spawn(process.execPath, [PROGRAM, ...this.args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child.on('exit', (code) => {
      if (code === EXIT_REBOOT && !this.stopped) this.run();
    });
  }
}
