/** The whole product, as standalone runs it, for one bench; it is taken away at the end. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Console } from '../apps/standalone/dist/console/console.js';
import { readSettings } from '../apps/standalone/dist/settings.js';
import { startStandalone } from '../apps/standalone/dist/standalone.js';
import { Helper } from './dispatch.fleet.mjs';

const LIMIT_MS = 600_000;

export const say = (text) => process.stderr.write(`  ${text}\n`);
/** Milliseconds of the machine's monotonic clock, which is the same in all of its processes. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;
export const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * q) - 1];

/** Standalone's console with warnings alone. */
const quiet = new Console(new Writable({ write: (text, _, done) => (/warn|error/.test(text) && say(text), done()) }));

/** Ends the bench when it takes too long, or with Ctrl-C, so that it cleans up. @returns also how to take that back */
function limited() {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error('interrupted'));
  const signals = ['SIGINT', 'SIGTERM'];
  for (const name of signals) process.once(name, interrupt);
  const signal = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), interrupted.signal]);
  const late = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  late.catch(() => undefined);
  return { signal, late, lift: () => signals.forEach((name) => process.off(name, interrupt)) };
}

/**
 * Starts everything on free ports, measures, and ends what it started.
 * @param measure gets `endpoints`, `helper(file)`, which starts a program of this folder, and `atEnd(work)`
 */
export async function onStandalone(measure) {
  const home = mkdtempSync(join(tmpdir(), 'edgeflow-bench-'));
  // PostgreSQL has its own user when we are root.
  chmodSync(home, 0o711);
  const { signal, late, lift } = limited();
  const cleanUp = [lift, () => rmSync(home, { recursive: true, force: true })];
  const atEnd = (work) => cleanUp.push(work);
  const helper = async (file) => {
    const started = await Helper.start(file);
    atEnd(() => started.stop());
    return started;
  };
  try {
    const settings = readSettings({ EDGEFLOW_HOME: home, EDGEFLOW_PORT: '0', EDGEFLOW_HTTP_PORT: '0' });
    const { endpoints, stop } = await startStandalone(settings, quiet, signal);
    atEnd(stop);
    return await Promise.race([measure({ endpoints, home, helper, atEnd }), late]);
  } finally {
    for (const clean of cleanUp.reverse()) await clean();
  }
}
