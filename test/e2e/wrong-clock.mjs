/** `node --import wrong-clock.mjs`: a program on a machine whose clock is WRONG_CLOCK_MS milliseconds ahead. */
import { shiftClock } from '../../libs/testkit/dist/shift-clock.js';

const ahead_ms = Number(process.env['WRONG_CLOCK_MS'] ?? 0);
if (ahead_ms !== 0) shiftClock(ahead_ms);
