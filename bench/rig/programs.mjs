/** Programs of bench/programs, as processes beside the bench. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cpuMs } from './cpu.mjs';

/** A process that answers commands (`answer.mjs`); it goes when we go. */
export class Program {
  #waiting = new Map();
  #next = 0;
  #child;
  /** Rejects when it ends, which it does not by itself. */
  failed;

  constructor(child, file) {
    this.#child = child;
    this.failed = once(child, 'exit').then(() => {
      throw new Error(`${file} ended`);
    });
    this.failed.catch(() => undefined);
    child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#waiting.get(id) ?? {};
      this.#waiting.delete(id);
      if (error) reject?.(new Error(error));
      else resolve?.(result);
    });
    child.once('exit', () => this.#waiting.forEach(({ reject }) => reject(new Error(`${file} ended`))));
  }

  /** @param env more of the environment */
  static async start(file, { env = {} } = {}) {
    const child = fork(join(import.meta.dirname, '..', 'programs', file), { env: { ...process.env, ...env } });
    await once(child, 'message');
    return new Program(child, file);
  }

  ask(command, args) {
    const answer = Promise.withResolvers();
    this.#waiting.set(++this.#next, answer);
    this.#child.send({ id: this.#next, command, args });
    return answer.promise;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Milliseconds of CPU so far. */
  get cpu_ms() {
    return cpuMs(this.#child.pid);
  }

  stop() {
    this.#child.kill('SIGKILL');
  }
}

/** Devices, shared out among programs. */
export class Fleet {
  constructor(programs, ids) {
    this.programs = programs;
    this.ids = ids;
    this.shares = programs.map((_, at) => ids.filter((_id, n) => n % programs.length === at));
  }

  /** Asks each program the same. */
  each(command, args) {
    return Promise.all(this.programs.map((one) => one.ask(command, args)));
  }

  /** Asks each program with its share of the devices. */
  async ask(command, args = {}) {
    return Promise.all(this.programs.map((one, at) => one.ask(command, { ...args, devices: this.shares[at] })));
  }

  stop() {
    for (const one of this.programs) one.stop();
  }
}
