/** Devices that report at a steady rate, for freshness.bench.mjs: each event an append of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JetStreamLog } from '@edgeflow/event-log';
import { now } from '../rig/measure.mjs';
import { Reports } from '../rig/reports.mjs';
import { answer } from './answer.mjs';

const TICK_MS = 20;
/** Appends under way at most: a log that is late is not given more to do. */
const AT_ONCE = 500;
let reports;

const commands = {
  open: async ({ access, devices }) => {
    reports = new Reports(await JetStreamLog.connect({ ...access, name: 'bench-reporter' }), devices);
    await reports.open();
  },
  /** @returns of each event its position, and when its append began; and how long all took */
  report: async ({ per_second, seconds }) => {
    const appends = [];
    const begin = now();
    let under_way = 0;
    for (let left = per_second * seconds; left > 0; await sleep(TICK_MS)) {
      const due = per_second * seconds - left;
      const wanted = Math.ceil(((now() - begin) * per_second) / 1_000) - due;
      const count = Math.max(0, Math.min(wanted, left, AT_ONCE - under_way));
      under_way += count;
      left -= count;
      const append = reports.appendEach(count).finally(() => (under_way -= count));
      // The end of it all says what failed.
      append.catch(() => undefined);
      appends.push(append);
    }
    const events = (await Promise.all(appends)).flat();
    return { events, ms: now() - begin };
  },
  versions: () => [...reports.versions],
};

answer(commands);
