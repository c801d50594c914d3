import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deviceKeys } from '@edgeflow/testkit';
import type { FirmwareManifest } from '@edgeflow/contracts';
import { trustLane } from '@edgeflow/firmware';
import { flattenedOf, newSigningKey, signManifest, type SigningKey } from '@edgeflow/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf, StandaloneUnderTest, type TestImage } from '../e2e/standalone.harness.js';
import { AgentProgram } from './agent-program.js';
import { Attacker } from './attacker.js';

const MODEL = 'board';
const DEVICE = 'dev_1';
const NEXT_YEAR = new Date(Date.now() + 31_536_000_000).toISOString();

let standalone: StandaloneUnderTest;
let attacker: Attacker;
let agent: AgentProgram;
let stolen: SigningKey;

interface Problem {
  code?: string;
}

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  attacker = await Attacker.of(standalone);
  stolen = await newSigningKey('attacker');
  const { body } = await standalone.ask<{ items: { kid: string; public_key: SigningKey['public_key'] }[] }>(
    ...(['acme', 'viewer', 'GET', '/registry/v1/keys'] as const),
  );
  const { kid, public_key } = body.items[0]!;
  const dir = join(standalone.home, 'agent');
  agent = await AgentProgram.start(standalone, {
    ...{ device_id: DEVICE, model: MODEL, dir, signing_key: { ...public_key, kid } },
  });
});
afterAll(async () => {
  await agent.stop();
  await attacker.leave();
  await standalone.dispose();
});

const upload = (image: TestImage, more: object = {}, org = 'acme') =>
  standalone.upload<Problem & { firmware_id: string }>(org, image, { version: '9.0.0', models: MODEL, ...more });

function manifestOf(image: TestImage, by: SigningKey, change: Partial<FirmwareManifest> = {}): Promise<string> {
  const stated = { org: 'acme', models: [MODEL], version: '9.0.0', sha256: image.sha256, size: image.bytes.length };
  return signManifest({ ...stated, release_counter: 9, expires_at: NEXT_YEAR, ...change }, by.jwk, by.kid);
}

/** Updates the device as an operator does, and waits until it runs the version. */
async function updateTo(version: string): Promise<void> {
  const wish = { device_id: DEVICE, version };
  await standalone.eventually(
    () => standalone.ask<Problem>('acme', 'operator', 'POST', '/orchestrator/v1/updates', wish),
    ({ status }) => status === 202,
  );
  await standalone.eventually(
    () => standalone.ask<{ current_version: string }>('acme', 'viewer', 'GET', `/query/v1/devices/${DEVICE}`),
    ({ body }) => body.current_version === version,
  );
}

describe('a publisher’s token without the key', () => {
  it('releases nothing', async () => {
    const image = imageOf();
    const mine = await manifestOf(image, stolen);
    expect(await upload(image, { manifest: mine })).toMatchObject({ status: 422, body: { code: 'signature-invalid' } });
    const role = await standalone.ask<Problem>('acme', 'publisher', 'POST', '/registry/v1/keys', {
      ...{ kid: 'mine', public_key: stolen.public_key },
    });
    expect(role).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it.each<[string, Partial<Parameters<StandaloneUnderTest['sign']>[1]>, object, string]>([
    ['another version', { version: '9.0.1' }, {}, 'manifest-mismatch'],
    ['another model', { models: 'other' }, {}, 'manifest-mismatch'],
    ['another size', { size: 7 }, {}, 'manifest-mismatch'],
    ['another image', { sha256: 'a'.repeat(64) }, {}, 'manifest-mismatch'],
    ['a time that is over', { expires_at: '2020-01-01T00:00:00Z' }, {}, 'manifest-expired'],
  ])('has no use for a manifest for %s', async (_name, change, more, code) => {
    const image = imageOf();
    const stated = {
      version: '9.0.0',
      models: MODEL,
      sha256: image.sha256,
      size: image.bytes.length,
      release_counter: 9,
    };
    const manifest = await standalone.sign('acme', { ...stated, ...change });
    expect(await upload(image, { manifest, ...more })).toMatchObject({ status: 422, body: { code } });
  });

  it('has no use for a manifest of another organization either', async () => {
    const image = imageOf();
    const stated = {
      version: '9.0.0',
      models: MODEL,
      sha256: image.sha256,
      size: image.bytes.length,
      release_counter: 9,
    };
    const manifest = await standalone.sign('globex', stated);
    expect(await upload(image, { manifest })).toMatchObject({ status: 422, body: { code: 'signature-invalid' } });
  });
});

describe('one organization’s devices', () => {
  it('are offered nothing of another one’s, whatever it is called', async () => {
    const [ours, theirs] = [imageOf(), imageOf()];
    expect((await upload(ours, { version: '1.5.0' })).status).toBe(201);
    const released = await upload(theirs, { version: '1.5.0' }, 'globex');
    expect(released.status).toBe(201);
    const { public_key } = await deviceKeys();
    const device = { device_id: 'dev_g', model: MODEL, public_key };
    await standalone.ask('globex', 'admin', 'POST', '/gateway/v1/devices', device);
    const revoke = `/registry/v1/firmware/${released.body.firmware_id}/revoke`;
    expect(await standalone.ask<Problem>('acme', 'publisher', 'POST', revoke, {})).toMatchObject({ status: 404 });
    const update = { device_id: 'dev_g', version: '1.5.0' };
    expect(await standalone.ask<Problem>('acme', 'operator', 'POST', '/orchestrator/v1/updates', update)).toMatchObject(
      {
        ...{ status: 404, body: { code: 'device-unknown' } },
      },
    );
  });
});

describe('a device whose servers are all in wrong hands', () => {
  let good: TestImage;
  let old: TestImage;

  /** What becomes of an offer that the attacker has made. */
  async function fateOf(update_id: string): Promise<string> {
    for (const until = Date.now() + 60_000; ; await sleep(100)) {
      const lane = { org: 'acme', entity: 'device', entity_id: DEVICE } as const;
      const events = await attacker.log.read(lane);
      const report = events.find(
        (event) => event.type === 'DeviceUpdateReported' && event.data.update_id === update_id,
      );
      if (report?.type === 'DeviceUpdateReported') return `${report.data.reported_by}: ${report.data.code}`;
      if (Date.now() > until) throw new Error(`nothing became of ${update_id}:\n${agent.output.slice(-2_000)}`);
    }
  }

  beforeAll(async () => {
    old = imageOf();
    await upload(old, { version: '2.0.0', release_counter: 2 });
    good = imageOf();
    await upload(good, { version: '3.0.0', release_counter: 3 });
    await updateTo('3.0.0');
    expect(await agent.running()).toBe(good.sha256);
  });

  it('does not install what the attacker signed, though the servers take his key', async () => {
    const { kid, public_key } = stolen;
    await attacker.write(trustLane('acme'), {
      ...{ type: 'SigningKeyRegistered', data: { kid, public_key, registered_by: 'root' } },
    });
    const evil = imageOf();
    const manifest = flattenedOf(await manifestOf(evil, stolen));
    const signature = { kid, release_counter: 9, expires_at: NEXT_YEAR, manifest };
    const firmware = await attacker.release(evil, { version: '9.0.0', model: MODEL, signature });
    expect(await fateOf(await attacker.dispatch(DEVICE, firmware, 101))).toBe('device: signature-invalid');
    expect(await agent.running()).toBe(good.sha256);
  });

  it('does not install what nobody signed, though the policy asks for no signature', async () => {
    const data = { signature: 'optional', rollback: 'allowed', changed_by: 'root' } as const;
    await attacker.write(trustLane('acme'), { type: 'SigningPolicyChanged', data });
    const firmware = await attacker.release(imageOf(), { version: '9.1.0', model: MODEL });
    expect(await fateOf(await attacker.dispatch(DEVICE, firmware, 102))).toBe('device: signature-invalid');
    expect(await agent.running()).toBe(good.sha256);
  });

  it('does not go back to an older release that it never ran, be it called a rollback', async () => {
    const { body } = await standalone.ask<{ items: { version: string; firmware_id: string; key: string }[] }>(
      ...(['acme', 'viewer', 'GET', '/query/v1/firmware?version=2.0.0'] as const),
    );
    const { firmware_id, key } = body.items[0]!;
    const about = { firmware_id, key, model: MODEL, version: '2.0.0', sha256: old.sha256, size: old.bytes.length };
    expect(await fateOf(await attacker.dispatch(DEVICE, about, 103))).toBe('device: downgrade-refused');
    expect(await fateOf(await attacker.dispatch(DEVICE, { ...about, rollback: true }, 104))).toBe(
      'device: downgrade-refused',
    );
    expect(await agent.running()).toBe(good.sha256);
  });

  it('does not install other bytes under a right manifest', async () => {
    const image = imageOf();
    const uploaded = await upload(image, { version: '4.0.0', release_counter: 4 });
    const key = `firmware/acme/4.0.0/${image.sha256}.bin`;
    await attacker.put(key, imageOf(image.bytes.length), image.sha256);
    const { firmware_id } = uploaded.body;
    const about = { firmware_id, key, model: MODEL, version: '4.0.0', sha256: image.sha256, size: image.bytes.length };
    // Ours is an object store that attests hashes, so that the gateway sees it; with another one the device does.
    expect(await fateOf(await attacker.dispatch(DEVICE, about, 105))).toMatch(/image-corrupt|checksum-mismatch/);
    expect(await agent.running()).toBe(good.sha256);
  });

  it('still takes what its organization signed', async () => {
    const next = imageOf();
    expect((await upload(next, { version: '5.0.0', release_counter: 5 })).status).toBe(201);
    await updateTo('5.0.0');
    expect(await agent.running()).toBe(next.sha256);
  });
});
