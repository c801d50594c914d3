import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { FrameRoom } from './frame-room.js';

const KIB = 1024;

/** A tunnel in a room for 100 KiB, and how often it was told that there is none left. */
function tunnelIn(room: FrameRoom) {
  const [socket, wire] = [new EventEmitter(), new EventEmitter()];
  let full = 0;
  room.watch(socket as WebSocket, wire as Duplex, () => (full += 1));
  return {
    comes: (bytes: number) => wire.emit('data', Buffer.alloc(bytes)),
    says: (what: 'message' | 'ping' | 'error' | 'close', bytes = 0) => socket.emit(what, Buffer.alloc(bytes)),
    isFull: () => full > 0,
  };
}

describe('the room for messages that are not whole', () => {
  it('is there for every tunnel up to 64 KiB', () => {
    const room = new FrameRoom(0);
    const tunnels = Array.from({ length: 100 }, () => tunnelIn(room));
    for (const { comes } of tunnels) comes(64 * KIB);
    expect(tunnels.some(({ isFull }) => isFull())).toBe(false);
  });

  it('is shared beyond that: who takes the last of it has to go', () => {
    const room = new FrameRoom(100 * KIB);
    const [one, other] = [tunnelIn(room), tunnelIn(room)];
    one.comes(164 * KIB);
    expect(one.isFull()).toBe(false);
    other.comes(65 * KIB);
    expect([one.isFull(), other.isFull()]).toEqual([false, true]);
  });

  it.each(['message', 'error', 'close'] as const)('is free again at a %s', (what) => {
    const room = new FrameRoom(100 * KIB);
    const [one, other] = [tunnelIn(room), tunnelIn(room)];
    one.comes(164 * KIB);
    one.says(what);
    other.comes(164 * KIB);
    expect(other.isFull()).toBe(false);
  });

  it('is not taken up by pings, nor given free by them', () => {
    const tunnel = tunnelIn(new FrameRoom(100 * KIB));
    for (let n = 0; n < 100_000; n++) {
      tunnel.comes(10);
      tunnel.says('ping', 4);
    }
    tunnel.comes(164 * KIB);
    tunnel.says('ping', 4);
    expect(tunnel.isFull()).toBe(false);
    tunnel.comes(KIB);
    expect(tunnel.isFull()).toBe(true);
  });

  it('is not taken up by what nobody reads any more', () => {
    const room = new FrameRoom(100 * KIB);
    const [one, other] = [tunnelIn(room), tunnelIn(room)];
    one.says('error');
    one.comes(1_000 * KIB);
    other.comes(164 * KIB);
    expect(other.isFull()).toBe(false);
  });
});
