import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { run } from './run.js';
import { Stack } from './stack.js';

const MIB = 1 << 20;
/** What the streams hold in the other specs fits it. */
const SIZE_MIB = 512;
const place = inject('place');
/** It puts a disk under a volume of a running deployment, and has not passed yet: run it with EDGEFLOW_LONG_FAULTS=1. */
const isWanted = process.env['EDGEFLOW_LONG_FAULTS'] === '1';

describe.skipIf(!place || !isWanted)('a disk of nats-server that is full', () => {
  const stack = new Stack(place!);
  let store: string;

  /** The volume's folder on this machine with another file system over it, or without. */
  const moved = async (move: () => Promise<unknown>): Promise<void> => {
    await stack.compose('stop', 'nats');
    await move();
    await stack.up();
  };

  beforeAll(async () => {
    const volume = (await stack.docker('volume', 'ls', '-q', '--filter', 'name=nats-data')).trim();
    store = (await stack.docker('volume', 'inspect', '--format', '{{.Mountpoint}}', volume)).trim();
    await moved(async () => {
      const copy = join(place!.work, 'nats-data');
      await run('cp', ['-a', store, copy]);
      await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', store]);
      await run('cp', ['-a', `${copy}/.`, store]);
    });
  });
  afterAll(() => moved(() => run('umount', [store])));

  it('is refused with 503, and the server is started again by itself once there is room', async () => {
    let n = 0;
    const ask = (): Promise<number> =>
      stack
        .ask('operator', 'POST', '/orchestrator/v1/updates', { device_id: `full_${n++}`, version: '1.0.0' })
        .then(({ status }) => status);
    const [before] = await stack.containers('nats');
    await writeFile(join(store, 'ballast'), Buffer.alloc(SIZE_MIB * MIB)).catch(() => undefined);
    await stack.eventually('a write is refused', ask, (status) => status === 503);
    await rm(join(store, 'ballast'));
    await stack.eventually('a write is taken again', ask, (status) => status < 500);
    const [after] = await stack.containers('nats');
    expect(after!.id).toBe(before!.id);
    expect(after!.started_at).not.toBe(before!.started_at);
  });
});
