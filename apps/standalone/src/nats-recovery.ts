import { statfs } from 'node:fs/promises';
import type { RunningNats } from '@edgeflow/embedded';
import { systemClock } from '@edgeflow/runtime';
import type { Console } from './console/console.js';

/** Between two looks, in milliseconds. */
const LOOK_MS = 2_000;
/** What a server needs on its disk to be started again for, in bytes: a few of its blocks. */
const ROOM_BYTES = 64 * 1024 * 1024;

/**
 * Starts a nats-server again whose disk was full and has room now: it would refuse to store until then (nats-server 2.15.1), though
 * it answers. Only it is stopped here; whoever supervises it starts it.
 * @param current the server as it runs now
 * @returns ends the watch
 */
export function restartWhenStuck(dir: string, current: () => RunningNats | undefined, console: Console): () => void {
  let hadRoom = false;
  let saidFull = false;
  const look = async (): Promise<void> => {
    const server = current();
    const failed = (await server?.hasFailedToStore()) === true;
    const hasRoom = await roomIn(dir);
    // A failure of before there was room is none of now.
    if (server && failed && hasRoom && hadRoom) {
      console.warn('nats-server', 'its disk was full and has room again; it stores nothing until it is started again');
      await server.stop();
    } else if (failed && !hasRoom && !saidFull) {
      saidFull = true;
      console.warn('nats-server', `its disk is full (${dir}): nothing is stored until there is room`);
    }
    saidFull &&= !hasRoom;
    hadRoom = hasRoom;
  };
  let running = Promise.resolve();
  const lookAgain = (): void => void (running = running.then(look).catch(() => undefined));
  return systemClock.every(LOOK_MS, lookAgain, { ref: false });
}

async function roomIn(dir: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize >= ROOM_BYTES;
}
