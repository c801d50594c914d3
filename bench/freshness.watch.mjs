/** When rows were there: looks at the checkpoint of a schema all the time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './rig/measure.mjs';

const PAUSE_MS = 1;

export class Watch {
  position = 0;
  /** Where the rows were, and since when, in order. */
  #moves = [];
  #on = true;
  #looking;

  constructor(database, schema) {
    this.#looking = this.#look(database, schema);
    // Said by `stop`; nobody waits for it before.
    this.#looking.catch(() => undefined);
  }

  /** When an event's row was there, by the machine's monotonic clock. */
  seen(position) {
    let [low, high] = [0, this.#moves.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#moves[middle].position >= position) high = middle;
      else low = middle + 1;
    }
    return this.#moves[low].at;
  }

  async stop() {
    this.#on = false;
    await this.#looking;
  }

  async #look(database, schema) {
    for (; this.#on; await sleep(PAUSE_MS)) {
      const { rows } = await database.query(`SELECT min(position)::float8 AS position FROM ${schema}.fold_checkpoint`);
      if (rows[0].position <= this.position) continue;
      this.position = rows[0].position;
      this.#moves.push({ position: this.position, at: now() });
    }
  }
}
