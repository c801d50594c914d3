/** The processes beside dispatch.bench.mjs: the devices and the bare server, and what can be asked of them. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** How long a fleet may wait for its frames. */
const FRAMES_MS = 120_000;

/** A program of this folder as a process that answers commands; it goes when we go. */
export class Helper {
  #waiting = new Map();
  #next = 0;
  #child;

  constructor(child) {
    this.#child = child;
    child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#waiting.get(id) ?? {};
      this.#waiting.delete(id);
      if (error) reject?.(new Error(error));
      else resolve?.(result);
    });
    child.once('exit', () => this.#waiting.forEach(({ reject }) => reject(new Error('a helper of the bench ended'))));
  }

  static async start(file) {
    const child = fork(join(import.meta.dirname, file));
    await once(child, 'message');
    return new Helper(child);
  }

  ask(command, args) {
    const answer = Promise.withResolvers();
    this.#waiting.set(++this.#next, answer);
    this.#child.send({ id: this.#next, command, args });
    return answer.promise;
  }

  stop() {
    this.#child.kill('SIGKILL');
  }
}

/** All devices, shared out among helpers. */
export class Fleet {
  constructor(helpers, size) {
    this.helpers = helpers;
    this.ids = Array.from({ length: size }, (_, n) => `dev_${n}`);
    this.shares = helpers.map((_, at) => this.ids.filter((_id, n) => n % helpers.length === at));
  }

  /** Opens a tunnel for each, or a connection to a bare server, and waits until all are welcome. */
  async connect(url, bare = false) {
    await Promise.all(this.helpers.map((one, at) => one.ask('connect', { url, devices: this.shares[at], bare })));
  }

  /**
   * From now on counts the `update` frames at these devices, one at each.
   * @param declines the devices answer `failed` at once, which sets them free
   * @returns a function that waits for the last: when each came, by device, and the text of one of them
   */
  async expect(ids, declines = false) {
    const wanted = new Set(ids);
    const counts = this.shares.map((share) => share.filter((id) => wanted.has(id)).length);
    await Promise.all(this.helpers.map((one, at) => one.ask('expect', { count: counts[at], declines })));
    return async () => {
      const came = await Promise.all(this.helpers.map((one) => one.ask('frames', { limit_ms: FRAMES_MS })));
      return { times: Object.assign({}, ...came.map(({ times }) => times)), text: came[0].text };
    };
  }

  /** Every device that has an update open answers `failed`. */
  async declineAll() {
    await Promise.all(this.helpers.map((one) => one.ask('declineAll')));
  }
}
