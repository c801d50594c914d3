import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { TunnelClient, UpgradeRefused, deviceKeys, deviceToken } from '@edgeflow/testkit';
import { World, type TestDevice } from '../../../testing/world.fixture.js';

let world: World;
let gateway: RunningService;
let device: TestDevice;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
  device = await world.device(gateway);
});
afterAll(() => world.stop());

interface Knock {
  origin?: string;
  token?: string | undefined;
  protocol?: string;
}

async function refusal(knock: Knock): Promise<{ status: number; code: unknown }> {
  const error = await TunnelClient.open({ origin: gateway.url, ...knock }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UpgradeRefused);
  const { status, body } = error as UpgradeRefused;
  return { status, code: (JSON.parse(body) as { code: string }).code };
}

describe('a request for a tunnel', () => {
  it('becomes a tunnel for a registered device', async () => {
    const tunnel = await world.connected(gateway, device);
    expect(tunnel.socket.protocol).toBe('edgeflow.ota.v1');
    await tunnel.close();
  });

  it('is refused without a token, and with one that is none', async () => {
    expect(await refusal({})).toEqual({ status: 401, code: 'unauthorized' });
    expect(await refusal({ token: 'x.y.z' })).toEqual({ status: 401, code: 'unauthorized' });
  });

  it.each([
    ['is for another audience', { aud: 'edgeflow' }],
    ['lives longer than five minutes', { exp: Math.floor(Date.now() / 1000) + 900 }],
    ['has expired', { iat: 1_000, exp: 1_200 }],
    ['names another issuer', { iss: 'someone' }],
    ['has no jti', { jti: undefined }],
  ])('is refused with a token that %s', async (_, claims) => {
    expect((await refusal({ token: await deviceToken(device, claims) })).status).toBe(401);
  });

  it("is refused with another device's key, and for a device that is not registered", async () => {
    const { private_key } = await deviceKeys();
    expect((await refusal({ token: await deviceToken({ ...device, private_key }) })).status).toBe(401);
    expect((await refusal({ token: await deviceToken({ ...device, device_id: 'nobody' }) })).status).toBe(401);
    expect((await refusal({ token: await deviceToken({ ...device, org: 'globex' }) })).status).toBe(401);
  });

  it('is refused when the token says how it is to be verified', async () => {
    const own = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(own.publicKey);
    const { org, device_id } = device;
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: device_id, sub: device_id, org, aud: 'edgeflow-gateway', iat, exp: iat + 60 };
    const headers = [
      { jwk },
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example/x' },
      { kid: '../../etc' },
    ];
    for (const more of headers) {
      const token = new SignJWT({ ...claims, jti: randomUUID() }).setProtectedHeader({ alg: 'EdDSA', ...more });
      expect((await refusal({ token: await token.sign(own.privateKey) })).status).toBe(401);
    }
    const unsigned = new UnsecuredJWT({ ...claims, jti: randomUUID() }).encode();
    expect((await refusal({ token: unsigned })).status).toBe(401);
    const secret = new TextEncoder().encode(device.public_key.x);
    const hmac = new SignJWT({ ...claims, jti: randomUUID() }).setProtectedHeader({ alg: 'HS256' });
    expect((await refusal({ token: await hmac.sign(secret) })).status).toBe(401);
  });

  it('is refused when the token was used before', async () => {
    const token = await deviceToken(device);
    const tunnel = await TunnelClient.open({ origin: gateway.url, token });
    expect((await refusal({ token })).status).toBe(401);
    await tunnel.close();
  });

  it('is refused with another subprotocol, and at another path', async () => {
    const token = await deviceToken(device);
    expect(await refusal({ token, protocol: 'mqtt' })).toEqual({ status: 400, code: 'invalid-request' });
    expect((await refusal({ token, origin: `${gateway.url}/elsewhere` })).status).toBe(404);
  });

  it('is refused for a revoked device, which must prove first that it is the one', async () => {
    const revoked = await world.device(gateway);
    await world.post(gateway, `/devices/${revoked.device_id}/revoke`, { reason: 'stolen' });
    expect(await refusal({ token: await deviceToken(revoked) })).toEqual({ status: 403, code: 'device-revoked' });
    const { private_key } = await deviceKeys();
    expect((await refusal({ token: await deviceToken({ ...revoked, private_key }) })).status).toBe(401);
  });

  it('is refused when the gateway is full', async () => {
    const small = await world.gateway({ MAX_TUNNELS: '1', GATEWAY_ID: 'gw-small' });
    const tunnel = await world.connected(small, device);
    const second = await refusal({ origin: small.url, token: await deviceToken(device) });
    expect(second).toEqual({ status: 429, code: 'too-many-requests' });
    await tunnel.close();
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['another version of the protocol', { 'sec-websocket-version': '14' }, 'Sec-WebSocket-Version'],
    ['no key', { 'sec-websocket-key': undefined }, 'Sec-WebSocket-Key'],
    ['an upgrade to something else', { upgrade: 'h2c' }, 'no such Upgrade header'],
    ['no upgrade', { connection: undefined, upgrade: undefined }, 'a proxy in between has dropped it'],
  ])('is refused with %s, and leaves its trace', async (_, odd, detail) => {
    const knocking = await world.device(gateway);
    const headers = {
      ...{ connection: 'Upgrade', upgrade: 'websocket', authorization: `Bearer ${await deviceToken(knocking)}` },
      ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' },
      ...{ 'sec-websocket-protocol': 'edgeflow.ota.v1', ...odd },
    };
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    const request = get(`${gateway.url}/gateway/v1/tunnel`, { headers: given });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(400);
    expect(await json(response)).toMatchObject({
      code: 'invalid-request',
      detail: expect.stringContaining(detail) as string,
    });
    const { data } = await world.recorded(knocking, 'DeviceRefused');
    expect(data).toMatchObject({ what: 'tunnel', code: 'invalid-request' });
    expect(data.detail).toContain(detail);
  });

  it('may be broken off by its device at any time', async () => {
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GET /gateway/v1/tunnel HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    socket.end(`Sec-WebSocket-Protocol: edgeflow.ota.v1\r\nAuthorization: Bearer ${await deviceToken(device)}\r\n\r\n`);
    socket.destroySoon();
    const tunnel = await world.connected(gateway, device);
    await tunnel.close();
  });
});
