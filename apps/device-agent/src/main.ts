import './node-version.js';
import { Refused } from '@edgeflow/contracts';
import { CommanderError } from 'commander';
import { pino } from 'pino';
import { runAgent } from './program.js';
import { rotateKey } from './rotate-key.js';
import { readSettings, type Settings } from './settings.js';

/** sysexits.h: a temporary end, start me again. */
const EXIT_RESTART = 75;
/** sysexits.h: the configuration is wrong; a restart cures nothing. */
const EXIT_CONFIG = 78;
/** The cloud revoked the device, or does not take it (sysexits.h, EX_NOPERM). */
const EXIT_REFUSED = 77;

function settingsOrExit(): Settings {
  try {
    return readSettings(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return process.exit(error.exitCode === 0 ? 0 : EXIT_CONFIG);
  }
}

/** Boots the new version: this process becomes a new one, unless whoever watches over it is to start it again. */
function restart(how: Settings['restart']): never {
  // After an exec a parent's IPC channel would lead nowhere.
  if (how === 'exit' || process.connected || !process.execve) process.exit(EXIT_RESTART);
  return process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
}

async function run(): Promise<void> {
  const end = await runAgent(settings, log, stopping.signal);
  log.info({ end }, 'the agent ends');
  if (end === 'restart') restart(settings.restart);
  process.exitCode = end === 'revoked' ? EXIT_REFUSED : 0;
}

const settings = settingsOrExit();
const log = pino(
  { level: settings.logLevel, base: { device_id: settings.deviceId } },
  pino.destination({ sync: true }),
);
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => stopping.abort());

try {
  if (settings.rotateKey) await rotateKey(settings, log, stopping.signal);
  else await run();
} catch (error) {
  if (!stopping.signal.aborted) {
    log.fatal({ err: error }, 'the agent cannot run');
    process.exitCode = error instanceof Refused ? EXIT_REFUSED : 1;
  }
}
if (process.connected) process.disconnect();
