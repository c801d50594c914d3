import '@edgeflow/contracts/node-version';
import { systemMachine } from '@edgeflow/runtime';
import { WORKER, coordinate } from './coordinator.js';
import { openFilesLimit, shortage } from './open-files.js';
import { EXIT_CONFIG, readSettings } from './settings.js';
import { work } from './worker.js';

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
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
  if (duration > 0) systemMachine.clock.after(duration * 1000, () => stopping.abort(), { ref: false });
  process.exitCode = (await coordinate(settings, stopping.signal, systemMachine)) > 0 ? 1 : 0;
  if (process.connected) process.disconnect();
}

if (process.argv[2] === WORKER && process.send) work(systemMachine);
else await main();
