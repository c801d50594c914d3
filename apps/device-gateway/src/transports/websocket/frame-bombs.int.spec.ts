import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { deviceToken, type TunnelClient } from '@edgeflow/testkit';
import { WebSocket } from 'ws';
import { World, type TestDevice } from '../../testing/world.fixture.js';

let world: World;
let gateway: RunningService;
let device: TestDevice;

beforeAll(async () => {
  world = await World.start();
  // The one device comes more often than any may in a minute: what is tried here are its frames.
  gateway = await world.gateway({ DEVICE_EVENTS_PER_MINUTE: '1000' });
  device = await world.device(gateway);
});
afterAll(() => world.stop());
/** The gateway lives: the device comes back, and is welcomed. */
afterEach(async () => void (await (await world.connected(gateway, device)).close()));

/** The connection below the WebSocket, for what no client would send. */
const wireOf = (tunnel: TunnelClient): Socket => (tunnel.socket as unknown as { _socket: Socket })._socket;

/** A client's frame (RFC 6455, section 5.2), masked with zeros. */
function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([first, ...size, 0, 0, 0, 0]), payload]);
}

const FIN_TEXT = 0x81;
const TEXT = 0x01;
const CONTINUATION = 0x00;
const COMPRESSED = 0x40;

describe('a device that wants to bring the gateway down', () => {
  it('with many tiny frames', async () => {
    const tunnel = await world.connected(gateway, device);
    for (let n = 0; n < 5_000; n++) tunnel.send('{}');
    expect((await tunnel.closed).code).toBeOneOf([4400, 4429]);
  });

  it('with many tiny frames that are all right', async () => {
    const tunnel = await world.connected(gateway, device);
    for (let n = 0; n < 5_000; n++) tunnel.send('{"type":"x"}');
    expect((await tunnel.closed).code).toBe(4429);
  });

  it('with many pings', async () => {
    const tunnel = await world.connected(gateway, device);
    for (let n = 0; n < 5_000; n++) tunnel.socket.ping();
    // ws cuts the connection when too many pongs wait; pings that leave it time for them are counted like frames.
    expect((await tunnel.closed).code).toBeOneOf([1006, 4429]);
  });

  it('with more pongs than pings', async () => {
    const tunnel = await world.connected(gateway, device);
    for (let n = 0; n < 1_000; n++) tunnel.socket.pong();
    expect((await tunnel.closed).code).toBe(4429);
  });

  it.each([
    [16 * 1024 + 1, 4400],
    [1024 * 1024, 4400],
    [1024 * 1024 + 1, 1009],
    [8 * 1024 * 1024, 1009],
  ])('with a frame of %i bytes', async (size, code) => {
    const tunnel = await world.connected(gateway, device);
    tunnel.send(`"${'x'.repeat(size - 2)}"`);
    expect((await tunnel.closed).code).toBe(code);
  });

  it('with many large frames', async () => {
    const tunnel = await world.connected(gateway, device);
    const frame = `{"type":"x","x":"${'x'.repeat(1_000_000)}"}`;
    for (let n = 0; n < 20; n++) tunnel.send(frame);
    expect((await tunnel.closed).code).toBe(4429);
  });

  it('with a report that is nested deeply, and as large as it may be', async () => {
    const tunnel = await world.connected(gateway, device);
    const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
    tunnel.send(`{"type":"failed","update_id":"upd-none","code":${deep},"message":"x"}`);
    const codes = [await tunnel.next('error'), await tunnel.next('error'), await tunnel.next('error')];
    expect(codes.map(({ code }) => code).toSorted()).toEqual(['frame-invalid', 'member-invalid', 'update-unknown']);
    await tunnel.close();
  });

  it('with a message in fragments that never ends', async () => {
    const tunnel = await world.connected(gateway, device);
    const wire = wireOf(tunnel);
    wire.write(frame(TEXT, Buffer.from('{')));
    const pour = setInterval(() => wire.write(frame(CONTINUATION, Buffer.alloc(32 * 1024, 0x20))), 1);
    expect((await tunnel.closed).code).toBe(1009);
    clearInterval(pour);
  });

  it('with a message in tiny fragments that never ends', async () => {
    const tunnel = await world.connected(gateway, device);
    const wire = wireOf(tunnel);
    const tiny = Buffer.concat(Array.from({ length: 1_000 }, () => frame(CONTINUATION, Buffer.alloc(0))));
    wire.write(frame(TEXT, Buffer.from('{')));
    const pour = setInterval(() => wire.write(tiny), 1);
    expect((await tunnel.closed).code).toBe(1008);
    clearInterval(pour);
  });

  it('with JSON that is nested deeply', async () => {
    const tunnel = await world.connected(gateway, device);
    tunnel.send(`${'['.repeat(8_000)}${']'.repeat(8_000)}`);
    expect((await tunnel.closed).code).toBe(4400);
  });

  it('with a hello that is nested deeply, where anything is taken', async () => {
    const tunnel = await world.tunnel(gateway, device);
    tunnel.send(`{"type":"hello","deep":${'['.repeat(8_000)}${']'.repeat(8_000)}}`);
    expect((await tunnel.closed).code).toBe(4400);
  });

  it('with text that is not UTF-8', async () => {
    const tunnel = await world.connected(gateway, device);
    wireOf(tunnel).write(frame(FIN_TEXT, Buffer.from([0x22, 0xff, 0xfe, 0x22])));
    expect((await tunnel.closed).code).toBe(4400);
  });

  it('with binary frames', async () => {
    const tunnel = await world.connected(gateway, device);
    tunnel.socket.send(randomBytes(100));
    expect((await tunnel.closed).code).toBe(4400);
  });

  it('with compressed frames, which are not negotiated', async () => {
    const tunnel = await world.connected(gateway, device);
    expect(tunnel.socket.extensions).toBe('');
    wireOf(tunnel).write(frame(FIN_TEXT | COMPRESSED, Buffer.from([0xaa, 0x56, 0x2a, 0x4b, 0x05, 0x00])));
    expect((await tunnel.closed).code).toBe(1002);
  });

  it('with members that reach for the prototype', async () => {
    const tunnel = await world.tunnel(gateway, device);
    tunnel.send('{"type":"__proto__"}');
    expect((await tunnel.closed).code).toBe(4400);
    const second = await world.connected(gateway, device);
    second.send('{"type":"constructor","__proto__":{"type":"hello"}}');
    expect(await second.next('error')).toMatchObject({ code: 'unknown-type' });
    await second.close();
  });

  it('with the offer of compression', async () => {
    const headers = { authorization: `Bearer ${await deviceToken(device)}` };
    const url = `${gateway.url.replace('http', 'ws')}/gateway/v1/tunnel`;
    const socket = new WebSocket(url, 'edgeflow.ota.v1', { headers, perMessageDeflate: true });
    await once(socket, 'open');
    expect(socket.extensions).toBe('');
    socket.close();
    await once(socket, 'close');
  });
});
