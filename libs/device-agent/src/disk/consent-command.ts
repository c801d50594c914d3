import { POSTPONE_MAX_S, POSTPONE_REASON_MAX, beginningOf } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import type { AskConsent, Consent } from '../update/consent.js';
import { argvOf, runCommand } from './command.js';

/** The program says no (sysexits.h: EX_NOPERM). */
const SAYS_NO = 77;
/** Where the program does not say for how long, in seconds. */
const LATER_S = 3_600;

/**
 * Asks a program whether to update: exit code 0 is now, 77 is never, and anything else is later. On its standard output it may say for how many
 * seconds, and why (`600 the driver is on the road`), or why not.
 * @param template its argv, `{version}` replaced
 * @param timeout_s after so long it is killed, which is later
 */
export function consentCommand(template: string, timeout_s: number, clock: Clock): AskConsent {
  return async ({ version }, signal) => {
    const argv = argvOf(template, { version, image: '', slot: '' });
    const { ok, code, message, printed } = await runCommand(argv, {
      timeout_ms: timeout_s * 1000,
      signal,
      clock,
      keepsOutput: true,
    });
    if (ok) return { answer: 'now' };
    const words = printed.trim();
    return code === SAYS_NO ? { answer: 'never', message: words || message } : later(words, message);
  };
}

function later(words: string, message: string): Consent {
  const [, seconds, why = ''] = /^(\d{1,9})?\s*([\s\S]*)$/.exec(words) ?? [];
  const for_s = seconds === undefined ? LATER_S : Math.min(POSTPONE_MAX_S, Math.max(1, Number(seconds)));
  return { answer: 'later', for_s, reason: beginningOf(why || message, POSTPONE_REASON_MAX) };
}
