import { setTimeout as sleep } from 'node:timers/promises';
import { toEvent, type Address, type OtaEvent } from '@edgeflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conflict } from '../errors.js';
import { type EventLog } from '../index.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'spec' });
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

function revoked(device_id: string, id: string): OtaEvent {
  const about = { id, source: '/spec', time: new Date().toISOString() };
  const data = { device_id, revoked_by: 'ada' };
  return toEvent({ org: 'acme', entity: 'device', entity_id: device_id }, { type: 'DeviceRevoked', data }, about);
}

/** What is heard until `count` hints are here. */
async function heard(count: number, act: () => Promise<unknown>): Promise<Address[]> {
  const hints: Address[] = [];
  const stop = log.subscribe(['ota.*.device.*.DeviceRevoked'], (address) => hints.push(address));
  await log.ping();
  await act();
  for (let n = 0; hints.length < count && n < 500; n++) await sleep(10);
  stop();
  return hints;
}

describe('a hint', () => {
  it('says where somebody writes to', async () => {
    const hints = await heard(1, () => log.append([revoked('dev-1', 'evt-1')], { after: 0 }));
    expect(hints).toEqual([{ org: 'acme', entity: 'device', entity_id: 'dev-1', type: 'DeviceRevoked' }]);
  });

  it('proves nothing: it comes for what the log refuses, too', async () => {
    const refused = () => expect(log.append([revoked('dev-1', 'evt-2')], { after: 0 })).rejects.toThrow(Conflict);
    expect(await heard(1, refused)).not.toEqual([]);
  });

  it('is over once nobody wants it, and a handler that throws ends nothing', async () => {
    const hints: string[] = [];
    const stop = log.subscribe(['ota.*.device.*.DeviceRevoked'], ({ entity_id }) => {
      hints.push(entity_id);
      throw new Error('spec');
    });
    await log.append([revoked('dev-2', 'evt-3')], { after: 0 });
    await log.append([revoked('dev-3', 'evt-4')], { after: 0 });
    for (let n = 0; hints.length < 2 && n < 500; n++) await sleep(10);
    stop();
    await log.append([revoked('dev-4', 'evt-5')], { after: 0 });
    await log.ping();
    expect(hints).toEqual(['dev-2', 'dev-3']);
  });
});
