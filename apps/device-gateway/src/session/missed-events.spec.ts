import type { MemoryLogFaults } from '@edgeflow/event-log/memory';
import { describe, expect, it } from 'vitest';
import { MemoryWorld } from '../testing/memory-world.fixture.js';
import { hello } from '../testing/world.fixture.js';

const MINUTE_MS = 60_000;
const isLive = (fault: string): boolean => fault === 'republish-lost';

/** A gateway with one tunnel whose device was welcomed. @param faults of the log */
async function connected(faults: Partial<MemoryLogFaults> = {}) {
  const world = await MemoryWorld.of(7, faults);
  const core = await world.gateway();
  await world.allowUnsigned();
  await world.registered(core);
  const tunnel = await world.tunnel(core);
  tunnel.say(hello());
  await world.time.pass(1_000);
  const told = (): number => tunnel.frames.filter(({ type }) => type === 'update').length;
  return { world, core, tunnel, told };
}

/** Counts what the gateway asks of single streams. */
function countingReads() {
  const reads: string[] = [];
  const delay_ms: MemoryLogFaults['delay_ms'] = (step, { node, what }) => {
    if (step === 'to-server' && node.startsWith('gateway') && /^direct\..* OTA$/.test(what)) reads.push(what);
    return step === 'reconnect' ? 250 : 1;
  };
  return { reads, delay_ms };
}

describe('a tunnel', () => {
  it('costs two reads of the log when its device says hello, and none while nothing happens', async () => {
    const { reads, delay_ms } = countingReads();
    const { world, core, tunnel } = await connected({ delay_ms });
    tunnel.leave();
    await world.time.pass(1_000);
    reads.splice(0);
    (await world.tunnel(core)).say(hello({ boot_id: 'boot-2' }));
    await world.time.pass(1_000);
    expect(reads.splice(0)).toEqual(['direct.page OTA', 'direct.page OTA']);
    await world.time.pass(30 * MINUTE_MS);
    expect(reads).toEqual([]);
  });

  it('is told within seconds of what it did not hear of', async () => {
    const { world, told } = await connected({ strikes: isLive });
    await world.dispatch();
    await world.time.pass(5_000);
    expect(told()).toBe(1);
  });

  it('looks in its turn where nobody may say where events are stored', async () => {
    let made = 0;
    // The first one is for the sessions that the gateway had before.
    const refuses: MemoryLogFaults['refuses'] = ({ what }) =>
      what === 'consumer.add OTA' && (made += 1) > 1
        ? { code: 400, err_code: 10_023, description: 'insufficient resources' }
        : undefined;
    const { world, told } = await connected({ strikes: isLive, refuses });
    await world.dispatch();
    await world.time.pass(5_000);
    expect(told()).toBe(0);
    await world.time.pass(MINUTE_MS);
    expect(told()).toBe(1);
  });

  it('looks again where a replica that is behind knows of nothing yet', async () => {
    let behind = 0;
    const { world, told } = await connected({ strikes: isLive, behind: () => behind });
    behind = 1;
    await world.dispatch();
    await world.time.pass(5_000);
    expect(told()).toBe(0);
    behind = 0;
    await world.time.pass(MINUTE_MS);
    expect(told()).toBe(1);
  });
});
