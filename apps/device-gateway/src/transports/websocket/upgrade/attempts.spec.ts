import { Refused } from '@edgeflow/contracts';
import { deviceKeyFromSeed, signDeviceToken } from '@edgeflow/device-agent';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { describe, expect, it } from 'vitest';
import type { ProvenDevice } from '../../../devices/device-credential.js';
import type { KnownDevice } from '../../../devices/devices.js';
import { Attempts } from './attempts.js';

const entropy = new SeededEntropy(3);
const { private_key, public_key } = deviceKeyFromSeed(Buffer.alloc(32, 4));
const stream = { position: 1, last: {}, unread: [] };
const known: KnownDevice = { model: 'cam-1', public_key, revoked: false, born_after: 0, looked: { stream, epoch: 0 } };
/** More than are looked at at a time. */
const MANY = 65;

function attempts(time: VirtualTime): { look: (n: number, takes_ms: number) => Promise<unknown>; looked: number[] } {
  const machine = time.machine(entropy, { lane: 1 });
  const later = (org: string) => new Refused('service-unavailable', `${org} is to come later`, { retry_after_s: 7 });
  const limits = { UPGRADES_PER_MINUTE: 60, AUTH_FAILURES_PER_MINUTE: 60 };
  const all = new Attempts(limits, { now: () => machine.clock.now(), later }, machine);
  const looked: number[] = [];
  const look = (n: number, takes_ms: number): Promise<unknown> => {
    const device = { org: 'acme', device_id: `dev-${n}`, jti: `jti-${n}` };
    const token = signDeviceToken({ ...device, private_key }, { now: machine.clock.now().getTime(), entropy });
    const prove = async (): Promise<ProvenDevice> => {
      looked.push(n);
      await machine.clock.sleep(takes_ms);
      return { device, known };
    };
    return all.look({ ip: '10.0.0.1', token, prove }).catch((error: unknown) => error);
  };
  return { look, looked };
}

describe('a credential whose turn comes', () => {
  it('is looked at as long as its device may still be there', async () => {
    const time = new VirtualTime();
    const { look, looked } = attempts(time);
    const all = Array.from({ length: MANY }, (_, n) => look(n, 10_000));
    await time.until(Promise.all(all));
    expect(looked).toHaveLength(MANY);
  });

  it('is not looked at when its device has long given up: it is told when to come again', async () => {
    const time = new VirtualTime();
    const { look, looked } = attempts(time);
    const all = Array.from({ length: MANY }, (_, n) => look(n, 10_001));
    const outcomes = await time.until(Promise.all(all));
    expect(outcomes.at(-1)).toMatchObject({ code: 'service-unavailable', facts: { retry_after_s: 7 } });
    expect(looked).not.toContain(MANY - 1);
  });
});
