/** Time and figures of benches. */

/** Milliseconds of the machine's monotonic clock, which is the same in all of its processes. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** The value that a share `q` of the values do not exceed (nearest rank). */
export const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * q) - 1)];

/** How many a second, of so many in so many milliseconds. */
export const perSecond = (count, ms) => (count * 1_000) / ms;

export const say = (text) => process.stderr.write(`  ${text}\n`);

/** A bench that does not have the effect that it claims. */
export class Untrue extends Error {}

/** @throws Untrue when what the bench claims is not so */
export function claim(holds, what) {
  if (!holds) throw new Untrue(what);
}

/** Waits until `look` gives something; its pause is in milliseconds. @throws Untrue with `what` when that takes longer than `limit_ms` */
export async function until(look, what, { pause_ms = 50, limit_ms = 120_000 } = {}) {
  for (const end = now() + limit_ms; ;) {
    const found = await look();
    if (found) return found;
    claim(now() < end, `${typeof what === 'function' ? await what() : what} (after ${limit_ms / 1_000} s)`);
    await new Promise((resolve) => setTimeout(resolve, pause_ms));
  }
}
