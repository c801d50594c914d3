/**
 * `node --import wrong-clock.mjs`: a program on a machine whose clock is WRONG_CLOCK_MS milliseconds ahead. Timers and `performance.now()`
 * are those of the right one, as on such a machine.
 */
const ahead_ms = Number(process.env['WRONG_CLOCK_MS'] ?? 0);
const Right = globalThis.Date;

if (ahead_ms !== 0) {
  globalThis.Date = class extends Right {
    constructor(...said) {
      super(...(said.length === 0 ? [Right.now() + ahead_ms] : said));
    }

    static now() {
      return Right.now() + ahead_ms;
    }
  };
}
