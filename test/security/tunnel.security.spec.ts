import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TUNNEL_PROTOCOL } from '@edgeflow/contracts';
import { deviceKeys, deviceToken, TunnelClient, UpgradeRefused, type DeviceKeys } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from '../e2e/scripted-device.js';
import { imageOf, StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { attackersKeys, ed25519, forge, hmac, sha256With, unsigned } from './forged-tokens.js';
import { rawHttp } from './raw-http.js';

let standalone: StandaloneUnderTest;
let ca: string;
beforeAll(async () => {
  standalone = await StandaloneUnderTest.start({ UPGRADES_PER_MINUTE: '150', HELLO_TIMEOUT_S: '2' });
  ca = await readFile(standalone.endpoints.ca, 'utf8');
});
afterAll(() => standalone.dispose());

interface Device {
  org: string;
  device_id: string;
  keys: DeviceKeys;
}

async function device(org = 'acme', keys?: DeviceKeys, device_id = `dev_${randomUUID()}`): Promise<Device> {
  const held = keys ?? (await deviceKeys());
  const body = { device_id, model: 'board', public_key: held.public_key };
  expect((await standalone.ask(org, 'admin', 'POST', '/gateway/v1/devices', body)).status).toBe(201);
  return { org, device_id, keys: held };
}

/** A right token of the device, but for these claims. */
const tokenOf = ({ org, device_id, keys }: Device, claims = {}) =>
  deviceToken({ org, device_id, private_key: keys.private_key }, claims);
const open = (token: string) => TunnelClient.open({ origin: standalone.endpoints.origin, token, ca });
const hello = (tunnel: TunnelClient, more: object = {}) =>
  tunnel.send(JSON.stringify({ type: 'hello', version: '1.0.0', model: 'board', boot_id: 'b1', ...more }));

/** The status that an upgrade is refused with; 101 when it is not. */
async function statusOf(token: string): Promise<number> {
  try {
    await (await open(token)).close();
    return 101;
  } catch (error) {
    if (error instanceof UpgradeRefused) return error.status;
    throw error;
  }
}

describe('a token of a device', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const wrong: [string, object][] = [
    ['expired', { iat: now() - 400, exp: now() - 200 }],
    ['that lives too long', { exp: now() + 3_600 }],
    ['without an end', { exp: undefined }],
    ['from the future', { iat: now() + 200, exp: now() + 400 }],
    ['for the API', { aud: 'edgeflow' }],
    ['for nobody', { aud: undefined }],
    ['of another issuer', { iss: 'another' }],
    ['of another subject', { sub: 'another' }],
    ['of another organization', { org: 'globex' }],
    ['of a wildcard', { org: '*' }],
    ['of everybody', { org: '>' }],
    ['of a list of organizations', { org: ['acme'] }],
    ['without an id', { jti: undefined }],
    ['with an id of blanks', { jti: '  ' }],
    ['with a huge id', { jti: 'x'.repeat(500) }],
  ];
  let one: Device;
  beforeAll(async () => {
    one = await device();
  });

  it('that is right opens a tunnel, once', async () => {
    const token = await tokenOf(one);
    expect(await statusOf(token)).toBe(101);
    expect(await statusOf(token)).toBe(401);
  });

  it.each(wrong)('is refused: %s', async (_what, claims) => {
    expect(await statusOf(await tokenOf(one, claims))).toBe(401);
  });

  it('that is forged is refused', async () => {
    const thief = attackersKeys();
    const { device_id, keys } = one;
    const at = now();
    const claims = () => ({
      ...{ iss: device_id, sub: device_id, org: 'acme', aud: 'edgeflow-gateway', iat: at, exp: at + 60 },
      jti: randomUUID(),
    });
    const own = thief.ed.publicKey.export({ format: 'jwk' });
    const sign = ed25519(thief.ed.privateKey);
    const forgeries = {
      none: forge({ alg: 'none' }, claims(), unsigned),
      'HS256 with the public key': forge({ alg: 'HS256' }, claims(), hmac(Buffer.from(keys.public_key.x, 'base64url'))),
      'HS256 with its text': forge({ alg: 'HS256' }, claims(), hmac(keys.public_key.x)),
      'an own key': forge({ alg: 'EdDSA' }, claims(), sign),
      'an own key, shown': forge({ alg: 'EdDSA', jwk: own }, claims(), sign),
      'an own key, linked': forge({ alg: 'EdDSA', jku: 'https://127.0.0.1:1/k' }, claims(), sign),
      RS256: forge({ alg: 'RS256' }, claims(), sha256With(thief.rsa.privateKey)),
      ES256: forge({ alg: 'ES256' }, claims(), sha256With(thief.ec.privateKey)),
    };
    for (const [what, token] of Object.entries(forgeries)) {
      expect([what, await statusOf(token)]).toEqual([what, 401]);
    }
  });

  it('of a person, or a claim, opens none', async () => {
    expect(await statusOf(await standalone.token('acme', 'admin'))).toBe(401);
    const claim = await readFile(`${standalone.endpoints.device_claims}/acme.token`, 'utf8');
    expect(await statusOf(claim.trim())).toBe(401);
  });

  it('is no other device’s, though both have one key', async () => {
    const twin = await device('acme', one.keys);
    expect(await statusOf(await tokenOf(one, { sub: twin.device_id }))).toBe(401);
    expect(await statusOf(await tokenOf(one, { iss: twin.device_id }))).toBe(401);
    const there = await device('globex', undefined, one.device_id);
    expect(await statusOf(await tokenOf(one, { org: there.org }))).toBe(401);
  });
});

/** An upgrade of a registered device, byte by byte. */
async function upgrade(...more: string[]): Promise<string> {
  const lines = [
    'GET /gateway/v1/tunnel HTTP/1.1',
    ...['host: x', 'connection: Upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'],
    `sec-websocket-key: ${Buffer.alloc(16).toString('base64')}`,
    `sec-websocket-protocol: ${TUNNEL_PROTOCOL}`,
    `authorization: Bearer ${await tokenOf(await device())}`,
  ];
  return [...lines, ...more, '', ''].join('\r\n');
}

describe('a web page', () => {
  it.concurrent.each(['https://evil.example', 'null', 'http://127.0.0.1', ''])(
    'of origin %j gets no tunnel',
    async (origin) => {
      const answer = await rawHttp(standalone.endpoints.http_origin, await upgrade(`origin: ${origin}`));
      expect(answer.status).toBe(403);
    },
  );
});

describe('a peer that says nothing and never hangs up', () => {
  it('is cut off, at the origin too', async () => {
    const answer = await rawHttp(standalone.endpoints.http_origin, await upgrade());
    expect(answer.status).toBe(101);
    expect(answer.text).toContain('no-hello');
  });

  it('is cut off where there is nothing to open', async () => {
    const head = 'GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n';
    expect((await rawHttp(standalone.endpoints.http_origin, head)).status).toBe(404);
  });
});

describe('a live tunnel', () => {
  /** A tunnel that said hello. */
  async function live(of: Device): Promise<TunnelClient> {
    const tunnel = await open(await tokenOf(of));
    hello(tunnel);
    await tunnel.next('welcome');
    return tunnel;
  }
  /** The close code, which must come within the 5 s that are promised. */
  const codeOf = (tunnel: TunnelClient) =>
    Promise.race([
      tunnel.closed.then(({ code }) => code),
      new Promise((resolve) => setTimeout(() => resolve('still open'), 5_000)),
    ]);

  it('ends within 5 s of the device’s revocation, and no other comes', async () => {
    const one = await device();
    const tunnel = await live(one);
    const path = `/gateway/v1/devices/${one.device_id}/revoke`;
    expect((await standalone.ask('acme', 'admin', 'POST', path, {})).status).toBe(202);
    expect(await codeOf(tunnel)).toBe(4403);
    expect(await statusOf(await tokenOf(one))).toBe(403);
  });

  it('ends when the device has a new key, and the old one opens nothing and does nothing', async () => {
    const one = await device();
    const tunnel = await live(one);
    const keys = await deviceKeys();
    const rotate = async (as: string, { public_key }: DeviceKeys, id = one.device_id) => {
      const headers = { authorization: `Bearer ${as}`, 'content-type': 'application/json' };
      const url = new URL(`/gateway/v1/devices/${id}/key`, standalone.endpoints.http_origin);
      return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ public_key }) })).status;
    };
    expect(await rotate(await tokenOf(await device()), keys)).toBe(403);
    expect(await rotate(await tokenOf(one), keys, (await device()).device_id)).toBe(403);
    expect(await rotate(await tokenOf(one), keys)).toBe(202);
    expect(await codeOf(tunnel)).toBe(4401);
    expect(await statusOf(await tokenOf(one))).toBe(401);
    expect(await rotate(await tokenOf(one), one.keys)).toBe(401);
    expect(await statusOf(await tokenOf({ ...one, keys }))).toBe(101);
  });

  it('is that of the registered model', async () => {
    const tunnel = await open(await tokenOf(await device()));
    hello(tunnel, { model: 'another' });
    expect(await codeOf(tunnel)).toBe(4400);
  });

  it('cannot say that it is another device, or of another organization', async () => {
    const one = await device();
    const tunnel = await open(await tokenOf(one));
    hello(tunnel, { device_id: 'another', org: 'globex', sub: 'another' });
    expect(await tunnel.next('welcome')).toMatchObject({ device_id: one.device_id });
    await tunnel.close();
  });

  const bombs: [string, (tunnel: TunnelClient) => void, number[]][] = [
    ['a frame of 64 KiB and more', ({ socket }) => socket.send('x'.repeat(70_000)), [4400]],
    ['a frame of 1 MiB and more', ({ socket }) => socket.send('x'.repeat(1_048_577)), [1009]],
    ['a frame of 10 MiB', ({ socket }) => socket.send('x'.repeat(10_485_760)), [1006, 1009]],
    [
      'many frames of 1 MB',
      ({ socket }) => {
        const frame = JSON.stringify({ type: 'x'.repeat(1_000_000) });
        for (let n = 0; n < 20; n++) socket.send(frame);
      },
      [4429],
    ],
    ['JSON of 8,000 levels', ({ socket }) => socket.send('['.repeat(8_000) + ']'.repeat(8_000)), [4400]],
    ['a binary frame', ({ socket }) => socket.send(Buffer.from([1, 2, 3])), [4400]],
    ['no JSON', ({ socket }) => socket.send('{"type":'), [4400]],
    ['all objects’ prototype', ({ socket }) => socket.send('{"__proto__":{"type":"hello"}}'), [4400]],
    ['text that is not UTF-8', ({ socket }) => socket.send(Buffer.from([0xc3, 0x28]), { binary: false }), [4400]],
    [
      'a message whose end never comes',
      ({ socket }) => {
        for (let n = 0; n < 2_000; n++) socket.send('x', { fin: false });
      },
      [1008],
    ],
    [
      'thousands of tiny frames',
      (tunnel) => {
        for (let n = 0; n < 20_000; n++) tunnel.socket.send('{"type":"x"}');
      },
      [4429, 1006],
    ],
  ];
  it.each(bombs)('ends with %s', async (_what, throwIt, codes) => {
    const tunnel = await live(await device());
    throwIt(tunnel);
    // What is on its way when the gateway hangs up has to be read first, by somebody.
    expect(codes).toContain((await tunnel.closed).code);
    expect((await fetch(new URL('/gateway/readyz', standalone.endpoints.http_origin))).status).toBe(200);
  });
});

describe('a device of one organization', () => {
  it('has no say in an update of another one, though it has the same id and knows the update’s', async () => {
    const story = { device_id: 'dev_same', model: 'board', version: '1.0.0' };
    const [mine, theirs] = [
      await ScriptedDevice.online(standalone, { ...story, org: 'acme' }),
      await ScriptedDevice.online(standalone, { ...story, org: 'globex' }),
    ];
    await standalone.upload('globex', imageOf(), { version: '1.1.0', models: 'board' });
    const { update_id } = await theirs.updateTo('1.1.0');
    mine.tunnel.send({ type: 'failed', update_id, code: 'install-failed', message: 'not mine' });
    mine.tunnel.send({ type: 'progress', update_id, phase: 'rebooting', progress: 99 });
    mine.tunnel.send({ type: 'url', update_id });
    await mine.reboot('1.1.0');
    const record = await mine.eventually(({ current_version }) => current_version === '1.1.0');
    expect(record).toMatchObject({ target_version: null, ota_status: 'idle' });
    expect(mine.tunnel.frames.filter(({ type }) => type === 'update' || type === 'url')).toEqual([]);
    await theirs.eventually(({ ota_status, progress }) => ota_status === 'updating' && progress === 0);
    await theirs.reboot('1.1.0');
    await theirs.eventually(({ ota_status }) => ota_status === 'completed');
    expect(await mine.eventNames()).not.toContain('DeviceUpdateReported');
  });
});

describe('many upgrades', () => {
  it('with bad tokens are 429 in the end, at full speed, and every device comes in all the same, also the one that they claim', async () => {
    const [one, other] = [await device(), await device()];
    let goesOn = true;
    const answers: number[] = [];
    const flood = Array.from({ length: 16 }, async () => {
      while (goesOn) answers.push(await statusOf(await tokenOf(one, { aud: 'x' })));
    });
    while (!answers.includes(429)) await statusOf(await tokenOf(one, { aud: 'x' }));
    expect(await statusOf(await tokenOf(one))).toBe(101);
    expect(await statusOf(await tokenOf(other))).toBe(101);
    goesOn = false;
    await Promise.all(flood);
    expect(new Set(answers)).toEqual(new Set([401, 429]));
  });

  it('of one device are 429 in the end, and another device comes in all the same', async () => {
    const [one, other] = [await device(), await device()];
    let status = 101;
    for (let n = 0; status === 101 && n < 200; n++) status = await statusOf(await tokenOf(one));
    expect(status).toBe(429);
    expect(await statusOf(await tokenOf(other))).toBe(101);
  });
});

describe('a device that says what no table can store', () => {
  it('is understood all the same: its update ends, and its record goes on', async () => {
    const story = { org: 'acme', device_id: 'dev_poison', model: 'board', version: '1.0.0' };
    const poison = await ScriptedDevice.online(standalone, story);
    await standalone.upload('acme', imageOf(), { version: '1.7.0', models: 'board' });
    const { update_id } = await poison.updateTo('1.7.0');
    poison.tunnel.send(
      `{"type":"failed","update_id":"${update_id}","code":"install-failed","message":"a\\u0000b\\ud800\\u001b[2J"}`,
    );
    await poison.eventually(({ ota_status }) => ota_status === 'failed');
    poison.tunnel.send(
      '{"type":"hello","version":"1.0.0","model":"board","boot_id":"\\u0000\\udfff","agent":"\\u0000"}',
    );
    await poison.updateTo('1.7.0');
  });
});
