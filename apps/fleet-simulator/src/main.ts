import './node-version.js';
import { CommanderError } from 'commander';
import { WORKER, coordinate } from './coordinator.js';
import { openFilesLimit, shortage } from './open-files.js';
import { readSettings, type Settings } from './settings.js';
import { work } from './worker.js';

/** sysexits.h: the configuration is wrong. */
const EXIT_CONFIG = 78;

function settingsOrExit(): Settings {
  try {
    return readSettings(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return process.exit(error.exitCode === 0 ? 0 : EXIT_CONFIG);
  }
}

async function main(): Promise<void> {
  const settings = settingsOrExit();
  const { devices, processes, downloads, duration } = settings;
  const tooMany = shortage(devices, processes, downloads, openFilesLimit());
  if (tooMany !== undefined) {
    process.stderr.write(`${tooMany}\n`);
    process.exitCode = EXIT_CONFIG;
    return;
  }
  const stopping = new AbortController();
  // The channel of whoever started it, if there is one, closes when they are gone.
  for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.on(signal, () => stopping.abort());
  if (duration > 0) setTimeout(() => stopping.abort(), duration * 1000).unref();
  process.exitCode = (await coordinate(settings, stopping.signal)) > 0 ? 1 : 0;
  if (process.connected) process.disconnect();
}

if (process.argv[2] === WORKER && process.send) work();
else await main();
