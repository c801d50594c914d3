import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conflict, type EventLog } from '../index.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';

let nats: TestNats;
let log: EventLog;
const word = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (lease: { data: Uint8Array } | undefined): string | undefined =>
  lease && new TextDecoder().decode(lease.data);

beforeAll(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'spec' });
  await log.gatewayLeases.open();
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

describe('the lease of a gateway id', () => {
  it('has one word, of whoever has seen the one before', async () => {
    const leases = log.gatewayLeases;
    expect(await leases.find('gw-1')).toBeUndefined();
    const first = await leases.write('gw-1', word('a'), { after: 0 });
    expect(await leases.find('gw-1')).toEqual({ gateway_id: 'gw-1', position: first, data: word('a') });
    await expect(leases.write('gw-1', word('b'), { after: 0 })).rejects.toBeInstanceOf(Conflict);
    const second = await leases.write('gw-1', word('c'), { after: first });
    await expect(leases.write('gw-1', word('d'), { after: first })).rejects.toBeInstanceOf(Conflict);
    expect(textOf(await leases.find('gw-1'))).toBe('c');
    expect(second).toBeGreaterThan(first);
  });

  it('stands beside those of the others', async () => {
    const leases = log.gatewayLeases;
    await leases.write('gw-2', word('x'), { after: 0 });
    await leases.write('gw-3', word('y'), { after: 0 });
    const found = (await leases.all()).map((lease) => [lease.gateway_id, textOf(lease)]);
    expect(found).toEqual(
      expect.arrayContaining([
        ['gw-2', 'x'],
        ['gw-3', 'y'],
      ]),
    );
  });

  it('goes by itself when it is said so, and may be taken anew', async () => {
    const leases = log.gatewayLeases;
    const held = await leases.write('gw-gone', word('held'), { after: 0 });
    await leases.write('gw-gone', word('released'), { after: held, ttl_s: 1 });
    while (await leases.find('gw-gone')) await sleep(50);
    expect((await leases.all()).map(({ gateway_id }) => gateway_id)).not.toContain('gw-gone');
    await leases.write('gw-gone', word('held'), { after: 0 });
  });

  it('leaves the log as it is', async () => {
    const { last } = await log.state();
    await log.gatewayLeases.write('gw-quiet', word('x'), { after: 0 });
    expect((await log.state()).last).toBe(last);
  });

  it('is kept over a restart of the server, which does not answer meanwhile', async () => {
    const leases = log.gatewayLeases;
    const position = await leases.write('gw-kept', word('held'), { after: 0 });
    await nats.kill();
    await expect(leases.find('gw-kept')).rejects.toMatchObject({ code: 'log-unavailable' });
    await expect(leases.all()).rejects.toMatchObject({ code: 'log-unavailable' });
    await expect(leases.write('gw-kept', word('x'), { after: position })).rejects.toMatchObject({
      code: 'log-unavailable',
    });
    await nats.restart();
    while ((await leases.find('gw-kept').catch(() => undefined)) === undefined) await sleep(50);
    expect(await leases.find('gw-kept')).toMatchObject({ position });
  });

  it('is refused when there are too many, and those that there are go on', async () => {
    const leases = log.gatewayLeases;
    const mine = await leases.write('gw-mine', word('held'), { after: 0 });
    const present = (await leases.all()).length;
    const ids = Array.from({ length: 1_000 - present }, (_, n) => `gw-many-${n}`);
    for (const id of ids) await leases.write(id, word('held'), { after: 0 });
    await expect(leases.write('gw-more', word('held'), { after: 0 })).rejects.toMatchObject({ code: 'log-full' });
    expect(await leases.write('gw-mine', word('held'), { after: mine })).toBeGreaterThan(mine);
    expect(await leases.all()).toHaveLength(1_000);
  });
});
