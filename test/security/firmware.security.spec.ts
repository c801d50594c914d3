import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newSigningKey, signingKeyOf, signKeyStatement, signManifest, type SigningKey } from '@edgeflow/identity';
import { trustStream } from '@edgeflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from '../e2e/scripted-device.js';
import { imageOf, StandaloneUnderTest, type Answer, type TestImage } from '../e2e/standalone.harness.js';
import { AgentProgram } from './agent-program.js';
import { ed25519, forge, hmac, unsigned, attackersKeys } from './forged-tokens.js';
import { StolenServers } from './stolen-servers.js';

interface Told {
  code: string;
  firmware_id: string;
  key: string;
}

let standalone: StandaloneUnderTest;
let servers: StolenServers;
/** The keys of the publishers, and one of nobody. */
let acme: SigningKey;
let globex: SigningKey;
let thief: SigningKey;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  servers = await StolenServers.of(standalone);
  const keyOf = async (org: string) => {
    const file = join(standalone.home, 'keys', `${org}.publisher.jwk`);
    return signingKeyOf(JSON.parse(await readFile(file, 'utf8')) as object);
  };
  [acme, globex, thief] = await Promise.all([keyOf('acme'), keyOf('globex'), newSigningKey('thief')]);
});
afterAll(async () => {
  await servers.close();
  await standalone.dispose();
});

const NEXT_YEAR = new Date(Date.now() + 31_536_000_000).toISOString();
const admin = <T>(method: string, path: string, body: object): Promise<Answer<T>> =>
  standalone.ask<T>('acme', 'admin', method, path, body);

/** What a right manifest says of an image. */
function manifestOf({ bytes, sha256 }: TestImage, version: string, change: object = {}) {
  const about = { org: 'acme', models: ['board'], version, sha256, size: bytes.length };
  return { ...about, release_counter: 1, expires_at: NEXT_YEAR, ...change };
}

/** A manifest of the image, signed by acme's key unless it is said otherwise. */
const signed = (image: TestImage, version: string, change: object = {}, { jwk, kid } = acme) =>
  signManifest(manifestOf(image, version, change), jwk, kid);

/** An upload without any manifest at all. */
async function uploadUnsigned(image: TestImage, version: string): Promise<Answer<Told>> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ version, sha256: image.sha256, models: 'board' })) form.set(name, value);
  form.set('file', new Blob([new Uint8Array(image.bytes)]), 'image.bin');
  const headers = { authorization: `Bearer ${await standalone.token('acme', 'publisher')}` };
  const url = new URL('/registry/v1/firmware', standalone.endpoints.http_origin);
  const answer = await fetch(url, { method: 'POST', headers, body: form });
  return { status: answer.status, body: (await answer.json()) as Told };
}

/** A new key that acme's admin makes known. */
async function registered(kid: string): Promise<SigningKey> {
  const key = await newSigningKey(kid);
  const statement = await standalone.endorse('acme', key);
  const { status } = await admin('POST', '/registry/v1/keys', { kid, public_key: key.public_key, statement });
  expect(status).toBe(201);
  return key;
}
const revoke = (kid: string) => admin('POST', `/registry/v1/keys/${kid}/revoke`, { reason: 'stolen' });

/** Uploads and expects that it is taken. */
async function released(image: TestImage, version: string, manifest?: string): Promise<Told> {
  const fields = { version, models: 'board', manifest: manifest ?? (await signed(image, version)) };
  const { status, body } = await standalone.upload<Told>('acme', image, fields);
  expect([status, body]).toEqual([201, expect.anything()]);
  return body;
}

describe('a publisher’s token without the signing key', () => {
  const image = imageOf(20_000);
  const version = '6.6.6';
  const forged = attackersKeys().ed.privateKey;
  const manifest = () => manifestOf(image, version);
  const attempts: [string, string, () => Promise<string>][] = [
    ['an own key', 'signature-invalid', () => signed(image, version, {}, thief)],
    [
      'an own key by the right one’s name',
      'signature-invalid',
      () => signed(image, version, {}, { ...thief, kid: acme.kid }),
    ],
    ['another organization’s key', 'signature-invalid', () => signed(image, version, {}, globex)],
    ['another organization’s manifest', 'signature-invalid', () => signed(image, version, { org: 'globex' }, globex)],
    ['no algorithm', 'signature-invalid', async () => forge({ alg: 'none', kid: acme.kid }, manifest(), unsigned)],
    [
      'HMAC with the public key',
      'signature-invalid',
      async () => forge({ alg: 'HS256', kid: acme.kid }, manifest(), hmac(acme.public_key.x)),
    ],
    [
      'a key in the header',
      'signature-invalid',
      async () => forge({ alg: 'EdDSA', kid: acme.kid, jwk: thief.public_key }, manifest(), ed25519(forged)),
    ],
    ['an empty manifest', 'signature-invalid', async () => ''],
    ['a bearer token', 'signature-invalid', async () => standalone.token('acme', 'admin')],
    [
      'a key statement for a manifest',
      'signature-invalid',
      () =>
        signKeyStatement(
          { ...manifest(), kid: 'x', public_key: thief.public_key, issued_at: NEXT_YEAR },
          acme.jwk,
          acme.kid,
        ),
    ],
    ['a manifest of another version', 'manifest-mismatch', () => signed(image, '6.6.5')],
    ['a manifest of another image', 'manifest-mismatch', () => signed(imageOf(20_000), version)],
    ['a manifest of another size', 'manifest-mismatch', () => signed(image, version, { size: 20_001 })],
    ['a manifest for another model', 'manifest-mismatch', () => signed(image, version, { models: ['other'] })],
    ['a manifest for another organization', 'manifest-mismatch', () => signed(image, version, { org: 'globex' })],
    ['an expired manifest', 'manifest-expired', () => signed(image, version, { expires_at: '2020-01-01T00:00:00Z' })],
  ];

  it.each(attempts)('gets nothing in with %s', async (_what, code, manifestFor) => {
    const fields = { version, models: 'board', manifest: await manifestFor() };
    const { status, body } = await standalone.upload<Told>('acme', image, fields);
    expect([status, body.code]).toEqual([422, code]);
  });

  it('gets nothing in unsigned, or with a key that is revoked', async () => {
    expect(await uploadUnsigned(image, version)).toMatchObject({ status: 422, body: { code: 'signature-required' } });
    const key = await registered('lost');
    expect((await revoke('lost')).status).toBe(202);
    const fields = { version, models: 'board', manifest: await signed(image, version, {}, key) };
    expect(await standalone.upload('acme', image, fields)).toMatchObject({ body: { code: 'signing-key-revoked' } });
  });

  it('has left nothing in the store', async () => {
    expect(await servers.keys(`firmware/acme/${version}`)).toEqual([]);
  });
});

describe('the server', () => {
  it('takes no device below the highest counter that it has run, unless the publisher lets it', async () => {
    const device = await ScriptedDevice.online(standalone, {
      ...{ org: 'acme', device_id: 'dev_down', model: 'board', version: '1.0.0' },
    });
    const [high, low, allowed] = [imageOf(5_000), imageOf(5_000), imageOf(5_000)];
    await released(high, '2.0.0', await signed(high, '2.0.0', { release_counter: 9 }));
    await released(low, '2.1.0', await signed(low, '2.1.0', { release_counter: 8 }));
    await released(allowed, '2.2.0', await signed(allowed, '2.2.0', { release_counter: 3, allow_downgrade: true }));
    await device.updateTo('2.0.0');
    await device.reboot('2.0.0');
    await device.eventually(({ ota_status }) => ota_status === 'completed');
    const ask = (body: object) =>
      standalone.ask<Told>('acme', 'operator', 'POST', '/orchestrator/v1/updates', { device_id: 'dev_down', ...body });
    const down = { status: 409, body: { code: 'downgrade-refused' } };
    expect(await ask({ version: '2.1.0' })).toMatchObject(down);
    expect(await ask({ version: '2.1.0', force: true })).toMatchObject(down);
    expect(await device.updateTo('2.2.0')).toMatchObject({ sha256: allowed.sha256 });
    await device.reboot('2.2.0');
    await device.eventually(({ current_version }) => current_version === '2.2.0');
  });

  it('offers nothing that was signed with a key that was revoked meanwhile', async () => {
    const key = await registered('short-lived');
    const image = imageOf(5_000);
    await released(image, '3.0.0', await signed(image, '3.0.0', {}, key));
    const device = await ScriptedDevice.online(standalone, {
      ...{ org: 'acme', device_id: 'dev_key', model: 'board', version: '1.0.0' },
    });
    await device.tunnel.close();
    await device.eventually(({ online }) => !online);
    const request = { device_id: 'dev_key', version: '3.0.0', when_offline: 'queue' };
    await standalone.eventually(
      () => standalone.ask('acme', 'operator', 'POST', '/orchestrator/v1/updates', request),
      ({ status }) => status === 202,
    );
    expect((await revoke('short-lived')).status).toBe(202);
    await device.connect();
    // It is taken back before anything is offered.
    const newest = async () => (await servers.stream({ org: 'acme', entity: 'update', entity_id: 'dev_key' })).at(-1);
    const ended = { type: 'UpdateCancelled', data: { code: 'signing-key-revoked' } };
    await expect.poll(newest, { timeout: 20_000 }).toMatchObject(ended);
    expect(device.tunnel.frames.filter(({ type }) => type === 'update')).toEqual([]);
    expect(await device.askFor('3.0.0')).toMatchObject({ status: 409, body: { code: 'signing-key-revoked' } });
  });

  it('gives a device images of its own organization only, of the same version and model too', async () => {
    const [ours, theirs] = [imageOf(7_000), imageOf(7_000)];
    const offers: Record<string, { sha256: string; url: string }> = {};
    for (const [org, image] of [
      ['acme', ours],
      ['globex', theirs],
    ] as const) {
      await standalone.upload(org, image, { version: '4.0.0', models: 'twin' });
      const device = await ScriptedDevice.online(standalone, {
        org,
        device_id: 'dev_twin',
        model: 'twin',
        version: '1.0.0',
      });
      const { sha256, url } = await device.updateTo('4.0.0');
      offers[org] = { sha256, url };
      expect([org, sha256]).toEqual([org, image.sha256]);
      expect(new URL(url).pathname).toContain(`/firmware/${org}/4.0.0/${image.sha256}.bin`);
      expect(await device.download(url)).toEqual({ status: 200, sha256: image.sha256 });
      // The signature is over the path: with the other one's it is nobody's.
      const other = org === 'acme' ? `globex/4.0.0/${theirs.sha256}` : `acme/4.0.0/${ours.sha256}`;
      const swapped = url.replace(/firmware\/[^?]+\.bin/, `firmware/${other}.bin`);
      expect((await device.download(swapped)).status).toBe(403);
    }
    expect(offers['acme']?.sha256).not.toBe(offers['globex']?.sha256);
  });
});

describe('a device that was given its publisher’s key, with all servers in wrong hands', () => {
  const DEVICE = 'agent_1';
  const stream = { org: 'acme', entity: 'update', entity_id: DEVICE } as const;
  let agent: AgentProgram;
  let untouched: Record<string, string>;
  const record = () =>
    standalone.ask<{ online: boolean; ota_status: string; current_version: string; failure: { code: string } | null }>(
      ...(['acme', 'viewer', 'GET', `/query/v1/devices/${DEVICE}`] as const),
    );

  beforeAll(async () => {
    agent = await AgentProgram.start(standalone, {
      ...{ device_id: DEVICE, model: 'board' },
      signing_key: { ...acme.public_key, kid: acme.kid },
    });
    await standalone.eventually(record, ({ body }) => body.online);
    untouched = await agent.slots();
  });
  afterAll(() => agent.stop());

  /** Orders an update until the services know what is to be ordered. @returns its id */
  async function order(version: string): Promise<string> {
    const behind = [
      'device-offline',
      'device-unknown',
      'firmware-unknown',
      'update-in-progress',
      'service-unavailable',
    ];
    const { update_id } = await standalone.eventually(
      () =>
        standalone.ask<{ update_id: string; code?: string }>(
          ...(['acme', 'operator', 'POST', '/orchestrator/v1/updates', { device_id: DEVICE, version }] as const),
        ),
      ({ body }) => !behind.includes(body.code ?? ''),
    );
    return update_id;
  }

  /** The code that an update ended with, by the log. */
  async function failureOf(update_id: string): Promise<string> {
    const find = async () =>
      (await servers.stream(stream)).find(
        ({ type, data }) => type === 'UpdateFailed' && 'update_id' in data && data.update_id === update_id,
      );
    await expect.poll(find, { timeout: 60_000 }).toBeDefined();
    const failed = await find();
    return failed?.type === 'UpdateFailed' ? failed.data.code : '';
  }

  const expectUntouched = async () => expect(await agent.slots()).toEqual(untouched);

  it('installs nothing of a key that no key of its own vouches for, whoever made it known', async () => {
    const { kid, public_key } = thief;
    for (const more of [{}, { first: true }]) {
      const refused = await admin<Told>('POST', '/registry/v1/keys', { kid, public_key, ...more });
      expect(refused).toMatchObject({ status: 409, body: { code: 'key-not-chained' } });
    }
    const data = { kid, public_key, registered_by: 'thief' };
    await servers.write(trustStream('acme'), { type: 'SigningKeyRegistered', data });
    const image = imageOf(9_000);
    await released(image, '5.0.0', await signed(image, '5.0.0', { release_counter: 99 }, thief));
    expect(await failureOf(await order('5.0.0'))).toBe('signature-invalid');
    await expectUntouched();
  });

  it('installs nothing unsigned, though the policy was made to allow it', async () => {
    expect((await admin('PUT', '/registry/v1/policy', { signature: 'optional' })).status).toBe(200);
    const { status } = await uploadUnsigned(imageOf(9_000), '5.1.0');
    expect(status).toBe(201);
    expect(await failureOf(await order('5.1.0'))).toBe('signature-invalid');
    expect((await admin('PUT', '/registry/v1/policy', { signature: 'required' })).status).toBe(200);
    await expectUntouched();
  });

  it('installs no other image in the place of a signed one', async () => {
    const [image, other] = [imageOf(9_000), imageOf(9_000)];
    const { key } = await released(image, '5.2.0', await signed(image, '5.2.0'));
    await servers.put(key, other, image.sha256);
    expect(['image-corrupt', 'checksum-mismatch']).toContain(await failureOf(await order('5.2.0')));
    await expectUntouched();
  });

  it('installs nothing that the database was made to say', async () => {
    const [image, other] = [imageOf(9_000), imageOf(9_000)];
    await released(image, '5.3.0', await signed(image, '5.3.0'));
    const key = `firmware/acme/5.3.0/${other.sha256}.bin`;
    await servers.put(key, other, other.sha256);
    const set = `SET sha256 = '${other.sha256}', size = ${other.bytes.length}, key = '${key}'`;
    const change = () => servers.sql(`UPDATE firmware ${set} WHERE org = 'acme' AND version = '5.3.0' RETURNING 1`);
    await expect.poll(change, { timeout: 20_000 }).toHaveLength(1);
    expect(['manifest-mismatch', 'signature-invalid']).toContain(await failureOf(await order('5.3.0')));
    await expectUntouched();
  });

  /** What is forged into the log as the orchestrator's order, as if it had decided so. */
  async function dispatch(
    update_id: string,
    firmware: { firmware_id: string; version: string; key: string },
    image: TestImage,
    more: object = {},
  ) {
    const numbers = (await servers.stream(stream)).map(({ data }) => ('number' in data ? Number(data.number) : 0));
    const plan = {
      ...more,
      ...firmware,
      ...{ update_id, number: Math.max(0, ...numbers) + 1, device_id: DEVICE, request_id: `req_${update_id}` },
      ...{ model: 'board', sha256: image.sha256, size: image.bytes.length, force: true },
      deadline_at: new Date(Date.now() + 600_000).toISOString(),
    };
    const queued = { type: 'UpdateQueued', data: { ...plan, when_offline: 'reject' } } as const;
    await servers.write(stream, queued, { type: 'UpdateDispatched', data: plan });
  }

  it('installs nothing that was forged into the log: an order with another image', async () => {
    const [image, other] = [imageOf(9_000), imageOf(9_000)];
    const { firmware_id } = await released(image, '5.4.0', await signed(image, '5.4.0'));
    const key = `firmware/acme/5.4.0/${other.sha256}.bin`;
    await servers.put(key, other, other.sha256);
    await dispatch('upd_forged_1', { firmware_id, version: '5.4.0', key }, other);
    expect(['manifest-mismatch', 'signature-invalid']).toContain(await failureOf('upd_forged_1'));
    await expectUntouched();
  });

  it('installs nothing that was forged into the log: a firmware, and the key that signed it', async () => {
    const image = imageOf(9_000);
    const [version, kid] = ['5.5.0', 'planted'];
    const planted = await newSigningKey(kid);
    const trust = { org: 'acme', entity: 'trust', entity_id: 'acme' } as const;
    const by = { kid, public_key: planted.public_key, registered_by: 'admin@acme' };
    await servers.write(trust, { type: 'SigningKeyRegistered', data: by });
    const key = `firmware/acme/${version}/${image.sha256}.bin`;
    await servers.put(key, image, image.sha256);
    const [head = '', payload = '', signature = ''] = (await signed(image, version, {}, planted)).split('.');
    const firmware_id = 'fw_forged';
    await servers.write(
      { org: 'acme', entity: 'firmware', entity_id: firmware_id },
      {
        type: 'FirmwareUploaded',
        data: {
          ...{ firmware_id, model: 'board', models: ['board'], version, sha256: image.sha256, key },
          ...{ sha1: 'a'.repeat(40), md5: 'b'.repeat(32), size: image.bytes.length, uploaded_by: 'publisher@acme' },
          signature: {
            kid,
            release_counter: 1,
            expires_at: NEXT_YEAR,
            manifest: { protected: head, payload, signature },
          },
        },
      },
    );
    await dispatch('upd_forged_2', { firmware_id, version, key }, image);
    expect(await failureOf('upd_forged_2')).toBe('signature-invalid');
    await expectUntouched();
  });

  it('installs what its publisher signs, after all that', async () => {
    const image = imageOf(9_000);
    await released(image, '5.9.0', await signed(image, '5.9.0', { release_counter: 5 }));
    await order('5.9.0');
    await standalone.eventually(
      record,
      ({ body }) => body.current_version === '5.9.0' && body.ota_status === 'completed',
    );
    expect(await agent.running()).toBe(image.sha256);
  });

  it('installs no older release in place of a newer one, be it called a rollback', async () => {
    const image = imageOf(9_000);
    const { firmware_id, key } = await released(image, '5.10.0', await signed(image, '5.10.0', { release_counter: 4 }));
    const before = await agent.slots();
    await dispatch('upd_forged_3', { firmware_id, version: '5.10.0', key }, image, { rollback: true });
    expect(await failureOf('upd_forged_3')).toBe('downgrade-refused');
    expect(await agent.slots()).toEqual(before);
  });
});
