import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { systemClock, systemMachine } from '@edgeflow/runtime';
import { Degraded } from '@edgeflow/telemetry';
import { startTestNats, type TestNats } from '@edgeflow/testkit';
import { HeldLease } from './held-lease.js';
import { encodeLease, readLease, type LeaseRecord } from './lease-record.js';
import { holder, record } from './lease.fixture.js';
import { takeLease } from './take-lease.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
  log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
  await log.gatewayLeases.open();
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

const ours = record({ holder: holder({ instance: 'ours' }) });
const theirs = record({ holder: holder({ instance: 'theirs' }) });

async function write(id: string, word: LeaseRecord, ttl_s?: number): Promise<number> {
  const after = (await log.gatewayLeases.find(id))?.position ?? 0;
  return log.gatewayLeases.write(id, encodeLease(word), { after, ...(ttl_s !== undefined && { ttl_s }) });
}

async function holds(id: string): Promise<HeldLease> {
  return new HeldLease(log.gatewayLeases, id, ours, await write(id, ours), systemClock);
}

async function wordOn(id: string): Promise<LeaseRecord | undefined> {
  const found = await log.gatewayLeases.find(id);
  return found && readLease(found).record;
}

describe('a lease that is held', () => {
  it('is renewed again and again', async () => {
    const lease = await holds('gw-1');
    expect(await Promise.all([lease.renew(), lease.renew(), lease.renew()])).toEqual(['renewed', 'renewed', 'renewed']);
    expect(lease.check()).toBeUndefined();
  });

  it('goes on when a renewal went through that seemed to fail', async () => {
    const lease = await holds('gw-2');
    await write('gw-2', ours);
    expect(await lease.renew()).toBe('renewed');
  });

  it('goes on when the server has lost the end of what it stored', async () => {
    const lease = new HeldLease(log.gatewayLeases, 'gw-3', ours, await write('gw-3', ours, 1), systemClock);
    while (await wordOn('gw-3')) await sleep(50);
    expect(await lease.renew()).toBe('renewed');
    expect(await wordOn('gw-3')).toEqual(ours);
  });

  it.each<LeaseRecord>([theirs, { ...ours, status: 'lost' }, { ...ours, status: 'released' }])(
    'is lost when somebody else has written on it: %o',
    async (word) => {
      const id = `gw-lost-${word.status}`;
      const lease = await holds(id);
      await write(id, word);
      expect(await lease.renew()).toBe('lost');
      expect(() => lease.check()).toThrow(`the lease of gateway ${id} was taken`);
      // Whoever has it now keeps it.
      expect(await lease.renew()).toBe('lost');
      await lease.release();
      expect(await wordOn(id)).toEqual(word);
    },
  );

  it('is free when it was released', async () => {
    const lease = await holds('gw-4');
    await lease.release();
    expect(await wordOn('gw-4')).toEqual({ ...ours, status: 'released' });
  });

  it('may be held still while the log is away, for as long as it lasts', async () => {
    const brief = record({ lease_s: 3, holder: ours.holder });
    const lease = new HeldLease(log.gatewayLeases, 'gw-5', brief, await write('gw-5', brief), systemClock);
    const patient = await holds('gw-6');
    await nats.kill();
    expect(await lease.renew()).toBe('missed');
    expect(await patient.renew()).toBe('missed');
    expect(patient.check()).toBeInstanceOf(Degraded);
    await sleep(3_000);
    expect(() => lease.check()).toThrow(/the lease of gateway gw-5 was not renewed for \d+ s: /);
    await nats.restart();
    while ((await lease.renew()) === 'missed') await sleep(50);
    expect(lease.check()).toBeUndefined();
  });
});

describe('a lease that is to be taken', () => {
  it('of a holder that this machine knows nothing of is taken when it is not renewed', async () => {
    await write('gw-7', { ...theirs, lease_s: 1 });
    await (await takeLease(log.gatewayLeases, 'gw-7', 30, systemMachine)).release();
    expect(await wordOn('gw-7')).toMatchObject({ status: 'released', holder: { pid: process.pid } });
  });

  it('is watched for as long as its holder may take, and refused when it is renewed', async () => {
    await write('gw-8', { ...theirs, lease_s: 12 });
    // It may be refused while the second renewal is still being answered.
    const refused = takeLease(log.gatewayLeases, 'gw-8', 1, systemMachine).catch((error: unknown) => error);
    for (let n = 1; n <= 2; n++) {
      await sleep(1_000);
      await write('gw-8', { ...theirs, lease_s: 12 });
    }
    const message = expect.stringMatching(/GATEWAY_ID gw-8 is held by a live gateway \(host host-1, process 7, since /);
    expect(await refused).toMatchObject({ code: 'gateway-id-in-use', message });
  });

  it('is taken when its holder gives it back meanwhile', async () => {
    await write('gw-9', { ...theirs, lease_s: 60 });
    const taking = takeLease(log.gatewayLeases, 'gw-9', 30, systemMachine);
    await write('gw-9', { ...theirs, status: 'released' });
    await taking;
    expect(await wordOn('gw-9')).toMatchObject({ status: 'held', holder: { pid: process.pid } });
  });

  it('goes to one of several that want it at once', async () => {
    const taken = await Promise.allSettled(
      Array.from({ length: 5 }, () => takeLease(log.gatewayLeases, 'gw-10', 1, systemMachine)),
    );
    const winners = taken.filter(({ status }) => status === 'fulfilled');
    expect(winners.length).toBeGreaterThan(0);
    const leases = winners.map((winner) => (winner as PromiseFulfilledResult<HeldLease>).value);
    const renewals = await Promise.all(leases.map((lease) => lease.renew()));
    expect(renewals.filter((renewal) => renewal === 'renewed')).toHaveLength(1);
  });
});
