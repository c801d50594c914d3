import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ed25519PublicKey } from '@edgeflow/contracts';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';

const PROGRAM = fileURLToPath(new URL('../../apps/device-agent/dist/main.js', import.meta.url));

export interface AgentOptions {
  device_id: string;
  model: string;
  dir: string;
  /** The key that the device is made with; without it the first answer of the cloud is trusted. */
  signing_key?: Ed25519PublicKey & { kid: string };
}

/** The reference agent as a device runs it: the real program, in a process of its own. */
export class AgentProgram {
  output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
  ) {
    child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (this.output += data.toString()));
  }

  static async start(standalone: StandaloneUnderTest, options: AgentOptions): Promise<AgentProgram> {
    const { device_id, model, dir, signing_key } = options;
    await mkdir(dir, { recursive: true });
    const { origin, ca, device_claims } = standalone.endpoints;
    const args = ['--origin', origin, '--ca', ca, '--dir', dir, '--device-id', device_id, '--model', model];
    args.push('--claim-token-file', join(device_claims, 'acme.token'), '--version', '1.0.0');
    if (signing_key) {
      const file = join(dir, 'pinned.jwk');
      await writeFile(file, JSON.stringify(signing_key));
      args.push('--signing-key', file);
    }
    return new AgentProgram(spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }), dir);
  }

  /** What is in its slots: the SHA-256 of the image that it runs, undefined while it runs what it was made with. */
  async running(): Promise<string | undefined> {
    try {
      const { slot } = JSON.parse(await readFile(join(this.dir, 'current'), 'utf8')) as { slot: string };
      const image = await readFile(join(this.dir, 'slots', slot, 'image.bin'));
      return createHash('sha256').update(image).digest('hex');
    } catch {
      return undefined;
    }
  }

  /** Stops it, and nothing else. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
