import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Stack, imageFile, type Answer } from './stack.js';

interface Device {
  online: boolean;
  current_version: string;
  ota_status: string;
}
interface Rollout {
  state: string;
  counts?: { completed?: number };
}

const place = inject('place');
const AGENT = 'apps/device-agent/dist/main.js';
const SIMULATOR = 'apps/fleet-simulator/dist/main.js';

describe.skipIf(!place)('the deployed stack', () => {
  const stack = new Stack(place!);
  const children: ChildProcess[] = [];
  let ca = '';
  let key = '';
  let claim = '';

  beforeAll(async () => {
    ca = await stack.trust();
    key = join(place!.work, 'acme.jwk');
    claim = join(place!.work, 'claim.token');
  });
  afterAll(() => children.forEach((child) => child.kill()));

  const start = (program: string, ...args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [program, '--origin', place!.origin, '--ca', ca, ...args], { stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const device = (id: string): Promise<Answer<Device>> => stack.ask('viewer', 'GET', `/query/v1/devices/${id}`);
  it('is reached with a token and a certificate that it hands out', async () => {
    expect(await stack.ask('viewer', 'GET', '/query/v1/devices')).toMatchObject({ status: 200, body: { items: [] } });
  });
});
