/** Devices that are raw WebSocket clients, on the tunnel or at a bare server. */
import { Fleet } from './programs.mjs';

/** How long they may wait for their frames. */
const FRAMES_MS = 180_000;

export class SocketFleet extends Fleet {
  static async start(installation, ids, programs = 2) {
    const start = () => installation.program('sockets.mjs');
    return new SocketFleet(await Promise.all(Array.from({ length: programs }, start)), ids);
  }

  /** @returns how long each waited for its welcome, in milliseconds */
  async connect(server) {
    return (await this.ask('connect', server)).flat();
  }

  /**
   * From now on counts the `update` frames, one at each device, or at those of `only`.
   * @param declines the devices answer `failed` at once, which sets them free
   * @returns a function that waits for the last: when each came, and the frames, by device
   */
  async expect({ only, declines = false } = {}) {
    await this.ask('expect', { only, declines });
    return async () => {
      const came = await this.ask('frames', { limit_ms: FRAMES_MS });
      const all = (pick) => Object.assign({}, ...came.map(pick));
      return { times: all(({ times }) => times), frames: all(({ frames }) => frames) };
    };
  }
}
