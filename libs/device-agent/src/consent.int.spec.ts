import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DeviceFrame } from '@edgeflow/contracts';
import { systemEntropy, systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connections } from './cloud/connections.js';
import { generateDeviceKey } from './cloud/device-key.js';
import { DeviceAgent } from './device-agent.js';
import { FakeCloud, type FakeTunnel } from './fake-cloud.fixture.js';
import { MemoryDevice } from './memory-device.js';
import { enrolled } from './trust/trust.js';
import type { AskConsent, Consent } from './update/consent.js';
import { planFor } from './update/plan.fixture.js';

const image = randomBytes(20_000);
const plan = planFor(image);
const { update_id } = plan;

let folder: TemporaryFolder;
let cloud: FakeCloud;
let connections: Connections;
let agent: DeviceAgent;
/** Versions that somebody was asked about, and how each question is answered. */
let asked: { version: string; signal: AbortSignal; answer: (consent: Consent) => void }[];

const ask: AskConsent = ({ version }, signal) =>
  new Promise((resolve) => asked.push({ version, signal, answer: resolve }));

beforeEach(async () => {
  folder = await temporaryFolder('consent');
  cloud = await FakeCloud.start(join(folder.path, 'ca'));
  cloud.images.set('/image', image);
  connections = new Connections({ ca: cloud.ca });
  asked = [];
  const platform = new MemoryDevice('1.0.0', systemEntropy);
  await platform.trust.change((trust) => enrolled(trust, { signature: 'optional', keys: [] }));
  const identity = { device_id: 'dev_1', org: 'acme', model: 'm1', key: generateDeviceKey(systemEntropy) };
  agent = new DeviceAgent({ ...systemMachine, ...identity, origin: cloud.origin, connections, platform, consent: ask });
  await agent.start();
});
afterEach(async () => {
  await agent.stop();
  connections.close();
  await cloud.stop();
  await folder.remove();
});

function offer(tunnel: FakeTunnel, over: object = {}): void {
  const url_expires_at = new Date(Date.now() + 3_600_000).toISOString();
  tunnel.send({ type: 'update', ...plan, url: `${cloud.origin}/image`, url_expires_at, ...over });
}
const question = (n = 1) => expect.poll(() => asked.length).toBe(n);
const isOf = (type: DeviceFrame['type']) => (frame: DeviceFrame) => frame.type === type;

describe('an agent that asks somebody', () => {
  it('begins when it is told to, and asks once however often it is told', async () => {
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    offer(tunnel);
    await question();
    expect(tunnel.frames).toEqual([]);
    asked[0]!.answer({ answer: 'now' });
    expect((await cloud.nextTunnel()).hello.version).toBe('2.0.0');
    expect(asked.map(({ version }) => version)).toEqual(['2.0.0']);
  });

  it('puts it off, and asks again when it is offered again', async () => {
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    await question();
    asked[0]!.answer({ answer: 'later', for_s: 600, reason: 'on the road' });
    expect(await tunnel.until(isOf('postpone'))).toEqual({
      ...{ type: 'postpone', update_id, for_s: 600, reason: 'on the road' },
    });
    offer(tunnel);
    await question(2);
    expect(tunnel.frames.map(({ type }) => type)).toEqual(['postpone']);
  });

  it('declines it, and says so again without asking', async () => {
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    await question();
    asked[0]!.answer({ answer: 'never', message: 'not on this trip' });
    const declined = { type: 'failed', update_id, code: 'declined', message: 'not on this trip' };
    expect(await tunnel.until(isOf('failed'))).toEqual(declined);
    offer(tunnel);
    await expect.poll(() => tunnel.frames).toEqual([declined, declined]);
    expect(asked).toHaveLength(1);
  });

  it('asks no more about what is withdrawn, or replaced by a newer one', async () => {
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    await question();
    tunnel.send({ type: 'cancel', update_id });
    await expect.poll(() => asked[0]!.signal.aborted).toBe(true);
    asked[0]!.answer({ answer: 'now' });
    offer(tunnel, { update_id: 'upd_2' });
    await question(2);
    offer(tunnel, { update_id: 'upd_3', version: '3.0.0' });
    await question(3);
    expect(asked.map(({ version, signal }) => [version, signal.aborted])).toEqual([
      ...[['2.0.0', true], ['2.0.0', true], ['3.0.0', false]], // prettier-ignore
    ]);
    expect(tunnel.frames).toEqual([]);
  });
});
