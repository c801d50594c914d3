import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@edgeflow/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../testing/world.fixture.js';
import { WebSocketConnection } from './websocket-connection.js';
import type { SessionInput } from '../../session/session.state.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A WebSocketConnection on a real connection, the inputs that it gave, and the device's end. */
async function connection() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const device = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [accepting] = (await Promise.all([accepted, once(device, 'open')]))[0] as [WebSocket];
  const inputs: SessionInput[] = [];
  const socket = new WebSocketConnection(accepting, (input) => inputs.push(input), systemClock);
  closing.push(
    () => device.terminate(),
    () => accepting.terminate(),
    () => server.close(),
  );
  return { socket, device, inputs };
}

const reasons = (inputs: readonly SessionInput[]): string[] =>
  inputs.flatMap((input) => (input.type === 'end' ? [input.ending.reason] : []));

describe('a device that does not read', () => {
  it('is given up when more than 256 KiB wait for it', async () => {
    const { socket, device, inputs } = await connection();
    device.pause();
    const frame = { type: 'error', code: 'unknown-type', detail: 'x'.repeat(64 * 1024) } as const;
    await eventually(async () => {
      socket.send(frame);
      return Promise.resolve(reasons(inputs).includes('send-buffer-full') || undefined);
    }, 'the end of patience');
    expect(inputs.at(-1)).toMatchObject({ type: 'end', ending: { how: 'cut', close_code: 4429 } });
  });
});

describe('a device that reads', () => {
  it('gets what is sent, and the close code after it', async () => {
    const { socket, device } = await connection();
    const received: string[] = [];
    device.on('message', (data: Buffer) => received.push(data.toString()));
    const closed = once(device, 'close');
    socket.close({ how: 'refuse', close_code: 4403, reason: 'revoked', detail: 'The device is revoked.' });
    const [code] = (await closed) as [number];
    expect(code).toBe(4403);
    expect(received).toEqual(['{"type":"error","code":"revoked","detail":"The device is revoked."}']);
  });

  it('answers a ping, so that it is not given up', async () => {
    const { socket, device, inputs } = await connection();
    for (let beat = 0; beat < 5; beat++) {
      const pinged = once(device, 'ping');
      expect(socket.alive()).toBe(true);
      await pinged;
      // The pong is on its way before this frame is.
      device.send('{"type":"telemetry"}');
      await eventually(() => Promise.resolve(inputs.length > beat || undefined), 'the frame');
    }
    expect(reasons(inputs)).toEqual([]);
  });
});
