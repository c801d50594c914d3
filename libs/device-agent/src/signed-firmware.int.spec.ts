import { createHash, randomBytes } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudFrame, Failed, FirmwareManifest, KeyStatement } from '@edgeflow/contracts';
import { newSigningKey, signKeyStatement, signManifest, type SigningKey } from '@edgeflow/identity/signing';
import { systemEntropy, systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connections } from './cloud/connections.js';
import { generateDeviceKey } from './cloud/device-key.js';
import { DeviceAgent } from './device-agent.js';
import { DiskDevice } from './disk/disk-device.js';
import { FakeCloud, stallAfter, type FakeTunnel } from './fake-cloud.fixture.js';
import { MemoryDevice } from './memory-device.js';
import { enrolled, pinned } from './trust/trust.js';
import { planFor } from './update/plan.fixture.js';
import type { Plan } from './update/update.state.js';

const image = randomBytes(200_000);
const otherImage = randomBytes(200_000);
const HOUR_MS = 3_600_000;
const inAnHour = () => new Date(Date.now() + HOUR_MS).toISOString();
const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let folder: TemporaryFolder;
let cloud: FakeCloud;
let connections: Connections;
let agents: DeviceAgent[];
let orgKey: SigningKey;
let offers = 0;

beforeEach(async () => {
  folder = await temporaryFolder('signed');
  cloud = await FakeCloud.start(join(folder.path, 'ca'));
  cloud.images.set('/image', image);
  cloud.images.set('/other', otherImage);
  connections = new Connections({ ca: cloud.ca });
  agents = [];
  orgKey = await newSigningKey('acme-1');
});
afterEach(async () => {
  for (const agent of agents) await agent.stop();
  connections.close();
  await cloud.stop();
  await folder.remove();
});

const manifestOf = (more: Partial<FirmwareManifest> = {}): FirmwareManifest => ({
  ...{ org: 'acme', models: ['m1'], version: '2.0.0', sha256: sha256Of(image), size: image.length },
  ...{ release_counter: 5, expires_at: inAnHour() },
  ...more,
});
const signed = (more: Partial<FirmwareManifest> = {}, key = orgKey) => signManifest(manifestOf(more), key.jwk, key.kid);
const says = (about: SigningKey, by: SigningKey, more: Partial<KeyStatement> = {}) =>
  signKeyStatement(
    { org: 'acme', kid: about.kid, public_key: about.public_key, issued_at: new Date().toISOString(), ...more },
    by.jwk,
    by.kid,
  );

async function start(platform: DiskDevice | MemoryDevice): Promise<void> {
  const identity = { device_id: 'dev_1', org: 'acme', model: 'm1', key: generateDeviceKey(systemEntropy) };
  const download_window = { min_s: 0, max_s: 0 };
  const agent = new DeviceAgent({
    ...systemMachine,
    ...identity,
    origin: cloud.origin,
    connections,
    platform,
    download_window,
  });
  agents.push(agent);
  await agent.start();
}

/** A device that was enrolled with the organization's key, and its tunnel to a cloud that says what the spec wants. */
async function device(): Promise<{ platform: DiskDevice; tunnel: FakeTunnel }> {
  const platform = await DiskDevice.open({
    ...systemMachine,
    directory: join(folder.path, 'device'),
    factory_version: '1.0.0',
  });
  const { kid, public_key } = orgKey;
  await platform.trust.change((trust) => enrolled(trust, { signature: 'required', keys: [{ kid, public_key }] }));
  await start(platform);
  return { platform, tunnel: await cloud.nextTunnel() };
}

function offer(tunnel: FakeTunnel, plan: Partial<Plan> & { url?: string }): string {
  const update_id = `upd_${(offers += 1)}`;
  const url = { url: `${cloud.origin}/image`, url_expires_at: inAnHour() };
  tunnel.send({ type: 'update', ...planFor(image), ...url, update_id, ...plan } as CloudFrame);
  return update_id;
}

/** Offers and waits for the device's refusal. */
async function refused(tunnel: FakeTunnel, plan: Partial<Plan> & { url?: string }): Promise<string> {
  const update_id = offer(tunnel, plan);
  const isIts = (frame: { type: string }): frame is Failed =>
    frame.type === 'failed' && (frame as Failed).update_id === update_id;
  return (await tunnel.until(isIts)).code;
}

async function installs(tunnel: FakeTunnel, plan: Partial<Plan> & { url?: string }): Promise<FakeTunnel> {
  offer(tunnel, plan);
  const after = await cloud.nextTunnel();
  expect(after.hello.version).toBe(plan.version ?? '2.0.0');
  return after;
}

const slots = () => readdir(join(folder.path, 'device', 'slots'));
const downloaded = () => readdir(join(folder.path, 'device', 'download'));

describe('a device that knows the key of its organization', () => {
  it('installs what that key has signed', async () => {
    const { platform, tunnel } = await device();
    await installs(tunnel, { manifest: await signed() });
    expect(await readFile((await platform.currentSlot()).image)).toEqual(image);
  });
});

describe('a cloud in wrong hands, server, storage and all, gets nothing installed', () => {
  /** What it offers, and what the device says; nothing of it may be downloaded, or touch a slot. */
  const attacks: [string, string, () => Promise<Partial<Plan> & { url?: string }>][] = [
    ['no signature', 'signature-invalid', async () => ({})],
    [
      'the signature of a key of its own',
      'signature-invalid',
      async () => ({ manifest: await signed({}, await newSigningKey('evil')) }),
    ],
    [
      "the signature of a key of its own under the id of the organization's",
      'signature-invalid',
      async () => ({ manifest: await signed({}, await newSigningKey('acme-1')) }),
    ],
    [
      "another organization's key",
      'signature-invalid',
      async () => ({ manifest: await signed({ org: 'globex' }, await newSigningKey('globex-1')) }),
    ],
    [
      'a manifest of another organization',
      'manifest-mismatch',
      async () => ({ manifest: await signed({ org: 'globex' }) }),
    ],
    [
      'a signature that was taken from another manifest',
      'signature-invalid',
      async () => {
        const [head, , signature] = (await signed()).split('.');
        const [, payload] = (await signed({ release_counter: 9 })).split('.');
        return { manifest: [head, payload, signature].join('.') };
      },
    ],
    [
      'a signature without algorithm',
      'signature-invalid',
      async () => {
        const head = Buffer.from(JSON.stringify({ alg: 'none', kid: 'acme-1' })).toString('base64url');
        return { manifest: `${head}.${(await signed()).split('.')[1]}.` };
      },
    ],
    [
      'a right manifest with another image (mix and match)',
      'manifest-mismatch',
      async () => ({ manifest: await signed(), url: `${cloud.origin}/other`, sha256: sha256Of(otherImage) }),
    ],
    [
      'an old image under a new version (mix and match)',
      'manifest-mismatch',
      async () => ({ manifest: await signed(), version: '3.0.0' }),
    ],
    ['another size', 'manifest-mismatch', async () => ({ manifest: await signed(), size: image.length + 1 })],
    ['a manifest for another model', 'wrong-model', async () => ({ manifest: await signed({ models: ['m2'] }) })],
    [
      'a manifest that has expired (freeze)',
      'manifest-expired',
      async () => ({ manifest: await signed({ expires_at: new Date(Date.now() - 1_000).toISOString() }) }),
    ],
    [
      'a key statement of its own key',
      'signature-invalid',
      async () => {
        const evil = await newSigningKey('evil');
        return { manifest: await signed({}, evil), key_statements: [await says(evil, evil)] };
      },
    ],
    [
      'a manifest in the place of a key statement',
      'signature-invalid',
      async () => {
        const evil = await newSigningKey('evil');
        return { manifest: await signed({}, evil), key_statements: [await signed()] };
      },
    ],
  ];

  it.each(attacks)('with %s', async (_, code, plan) => {
    const { tunnel } = await device();
    expect(await refused(tunnel, await plan())).toBe(code);
    expect(cloud.ranges).toEqual([]);
    expect(await slots()).toEqual(['a']);
    expect(await downloaded()).toEqual([]);
  });

  it('with other bytes of the right length under the right manifest', async () => {
    const { tunnel } = await device();
    expect(await refused(tunnel, { manifest: await signed(), url: `${cloud.origin}/other` })).toBe('checksum-mismatch');
    expect(await slots()).toEqual(['a']);
    // What came of it is deleted after the report.
    await vi.waitFor(async () => expect(await downloaded()).toEqual([]));
  });

  it('with data without end', async () => {
    const { tunnel } = await device();
    cloud.always = (_request, response) => {
      response.writeHead(200);
      const pour = () => {
        while (!response.destroyed && response.write(otherImage));
      };
      response.on('drain', pour);
      pour();
    };
    expect(await refused(tunnel, { manifest: await signed() })).toBe('download-failed');
    expect(await slots()).toEqual(['a']);
    // What came of it is deleted after the report.
    await vi.waitFor(async () => expect(await downloaded()).toEqual([]));
  });

  it('with a clock that it turns back', async () => {
    const { platform, tunnel } = await device();
    const past = new Date(Date.now() - 10 * HOUR_MS).toISOString();
    tunnel.send({
      type: 'welcome',
      device_id: 'd',
      server_time: past,
      heartbeat_s: 60,
      reconnect: { min_s: 0, max_s: 0 },
    });
    const expires_at = new Date(Date.now() - HOUR_MS).toISOString();
    expect(await refused(tunnel, { manifest: await signed({ expires_at }) })).toBe('manifest-expired');
    expect(Date.parse((await platform.trust.current()).latest_time)).toBeGreaterThan(Date.now() - HOUR_MS);
  });
});

describe('the id of an earlier update', () => {
  const runs = async (platform: DiskDevice) => sha256Of(await readFile((await platform.currentSlot()).image));

  it('brings a signed firmware that is really run, and not the image of that update', async () => {
    const { platform, tunnel } = await device();
    const second = await installs(tunnel, { update_id: 'upd_x', manifest: await signed() });
    const third = await installs(second, { update_id: 'upd_y', ...(await other('2.5.0', 6)) });
    // The spare slot holds 2.0.0 now, as of upd_x.
    await installs(third, { update_id: 'upd_x', ...(await other('3.0.0', 7)) });
    expect(await runs(platform)).toBe(sha256Of(otherImage));
    expect(await platform.currentSlot()).toMatchObject({ record: { version: '3.0.0', sha256: sha256Of(otherImage) } });
  });

  it('brings the same image as another version, which is what the slot says', async () => {
    const { platform, tunnel } = await device();
    const second = await installs(tunnel, { update_id: 'upd_x', manifest: await signed() });
    const again = { version: '2.0.1', manifest: await signed({ version: '2.0.1', release_counter: 6 }) };
    await installs(second, { update_id: 'upd_x', ...again });
    expect((await platform.currentSlot()).record.version).toBe('2.0.1');
    expect(await runs(platform)).toBe(sha256Of(image));
  });

  it('does not go on with the part of that update', async () => {
    const { tunnel } = await device();
    cloud.answers.push(stallAfter(100_000));
    offer(tunnel, { update_id: 'upd_x', manifest: await signed() });
    await tunnel.until((frame) => frame.type === 'progress' && frame.progress >= 10);
    await installs(tunnel, { update_id: 'upd_x', ...(await other('3.0.0', 6)) });
    expect(cloud.ranges).toEqual(['', '']);
  });

  async function other(version: string, release_counter: number): Promise<Partial<Plan> & { url: string }> {
    const about = { version, sha256: sha256Of(otherImage), size: otherImage.length };
    return { ...about, url: `${cloud.origin}/other`, manifest: await signed({ ...about, release_counter }) };
  }
});

describe('a release counter', () => {
  const older = () => signed({ version: '1.5.0', release_counter: 4 });

  it('does not fall, unless the publisher allows it', async () => {
    const { tunnel } = await device();
    const after = await installs(tunnel, { manifest: await signed() });
    expect(await refused(after, { version: '1.5.0', manifest: await older() })).toBe('downgrade-refused');
    const allowed = await signed({ version: '1.5.0', release_counter: 4, allow_downgrade: true });
    const down = await installs(after, { version: '1.5.0', manifest: allowed });
    expect(
      await refused(down, { version: '1.6.0', manifest: await signed({ version: '1.6.0', release_counter: 4 }) }),
    ).toBe('downgrade-refused');
  });

  it('may fall on the way back to what this device has run, and to nothing else', async () => {
    const { tunnel } = await device();
    const first = await installs(tunnel, { version: '1.5.0', manifest: await older() });
    const second = await installs(first, { manifest: await signed() });
    const unseen = await signed({ version: '1.4.0', release_counter: 3 });
    expect(await refused(second, { version: '1.4.0', manifest: unseen, rollback: true })).toBe('downgrade-refused');
    expect(await refused(second, { version: '1.5.0', manifest: await older() })).toBe('downgrade-refused');
    await installs(second, { version: '1.5.0', manifest: await older(), rollback: true });
  });

  it('counts only once its firmware was well', async () => {
    const health = `${process.execPath} -e "process.exit(process.argv[1] === '2.0.0' ? 1 : 0)" {version}`;
    const directory = join(folder.path, 'device');
    const platform = await DiskDevice.open({
      ...systemMachine,
      directory,
      factory_version: '1.0.0',
      health_command: health,
    });
    const { kid, public_key } = orgKey;
    await platform.trust.change((trust) => enrolled(trust, { signature: 'required', keys: [{ kid, public_key }] }));
    await start(platform);
    const update_id = offer(await cloud.nextTunnel(), { manifest: await signed() });
    const back = await cloud.nextTunnel();
    await back.until((frame) => frame.type === 'failed' && frame.update_id === update_id);
    expect((await platform.trust.current()).highest_counter).toBe(0);
    await installs(back, { version: '1.5.0', manifest: await older() });
    expect((await platform.trust.current()).highest_counter).toBe(4);
  });
});

describe('a new signing key', () => {
  it('is trusted on the word of an old one, which is revoked by it for good', async () => {
    const next = await newSigningKey('acme-2');
    const { platform, tunnel } = await device();
    const key_statements = [await says(next, orgKey, { revokes: ['acme-1'] })];
    const after = await installs(tunnel, { manifest: await signed({}, next), key_statements });
    expect(await platform.trust.current()).toMatchObject({ keys: [{ kid: 'acme-2' }], revoked: ['acme-1'] });
    const old = { version: '3.0.0', manifest: await signed({ version: '3.0.0', release_counter: 6 }) };
    expect(await refused(after, old)).toBe('signature-invalid');
    const evil = await newSigningKey('evil');
    const comeback = [await says(evil, orgKey), await says(orgKey, orgKey)];
    expect(await refused(after, { ...old, key_statements: comeback })).toBe('signature-invalid');
    const forged = await signed({ version: '3.0.0', release_counter: 6 }, evil);
    expect(await refused(after, { version: '3.0.0', manifest: forged })).toBe('signature-invalid');
  });

  it('of another organization is not heard of', async () => {
    const next = await newSigningKey('globex-2');
    const { tunnel } = await device();
    const key_statements = [await says(next, orgKey, { org: 'globex' })];
    expect(await refused(tunnel, { manifest: await signed({}, next), key_statements })).toBe('signature-invalid');
  });
});

describe('a device that was never told of a key', () => {
  it('installs nothing, until it is', async () => {
    const platform = new MemoryDevice('1.0.0', systemEntropy);
    await start(platform);
    const tunnel = await cloud.nextTunnel();
    expect(await refused(tunnel, { manifest: await signed() })).toBe('signature-invalid');
    expect(await refused(tunnel, {})).toBe('signature-invalid');
    const { kid, public_key } = orgKey;
    await platform.trust.change((trust) => pinned(trust, [{ kid, public_key }]));
    await installs(tunnel, { manifest: await signed() });
  });

  it('and may do without signatures takes unsigned firmware, and forged signatures no more once it has a key', async () => {
    const platform = new MemoryDevice('1.0.0', systemEntropy);
    await platform.trust.change((trust) => enrolled(trust, { signature: 'optional', keys: [] }));
    await start(platform);
    const after = await installs(await cloud.nextTunnel(), {});
    const { kid, public_key } = orgKey;
    await platform.trust.change((trust) => enrolled(trust, { signature: 'optional', keys: [{ kid, public_key }] }));
    const forged = await signed({ version: '3.0.0' }, await newSigningKey('evil'));
    expect(await refused(after, { version: '3.0.0', manifest: forged })).toBe('signature-invalid');
  });
});

describe('a device that a crash stopped in the middle', () => {
  /** A device whose journal says that it was about to install this. */
  async function interrupted(plan: Partial<Plan>): Promise<DiskDevice> {
    const platform = await DiskDevice.open({
      ...systemMachine,
      directory: join(folder.path, 'device'),
      factory_version: '1.0.0',
    });
    const { kid, public_key } = orgKey;
    await platform.trust.change((trust) => enrolled(trust, { signature: 'required', keys: [{ kid, public_key }] }));
    const whole = { ...planFor(image), ...plan };
    await (await platform.openImage(whole)).write(image);
    await platform.saveJournal({ status: 'installing', plan: whole });
    await start(platform);
    return platform;
  }

  it('goes on with what is signed', async () => {
    const platform = await interrupted({ manifest: await signed() });
    await vi.waitFor(async () => expect((await platform.currentSlot()).record.version).toBe('2.0.0'));
  });

  it.each([
    ['is not signed', 'signature-invalid', async () => undefined],
    ['is signed by somebody else', 'signature-invalid', async () => signed({}, await newSigningKey('evil'))],
    ['has expired meanwhile', 'manifest-expired', () => signed({ expires_at: '2020-01-01T00:00:00Z' })],
  ])('does not go on with what %s', async (_, code, manifestOf) => {
    const manifest = await manifestOf();
    await interrupted({ ...(manifest !== undefined && { manifest }) });
    const tunnel = await cloud.nextTunnel();
    const failed = await tunnel.until((frame): frame is Failed => frame.type === 'failed');
    expect(failed.code).toBe(code);
    expect(tunnel.hello.version).toBe('1.0.0');
    expect(await slots()).toEqual(['a']);
  });

  it('and whose trust is in pieces installs nothing', async () => {
    const directory = join(folder.path, 'device');
    const platform = await DiskDevice.open({ ...systemMachine, directory, factory_version: '1.0.0' });
    await writeFile(join(directory, 'trust.json'), '{"signature":"optional"}');
    await start(platform);
    expect(await refused(await cloud.nextTunnel(), {})).toBe('download-failed');
    expect(cloud.ranges).toEqual([]);
    expect(await slots()).toEqual(['a']);
  });
});
