import { EXIT_CONFIG } from './node-version.js';
import { Refused } from '@edgeflow/contracts';
import { Locked } from '@edgeflow/configuration/lock-file';
import { systemMachine } from '@edgeflow/runtime';
import { pino } from 'pino';
import { connectionsOf, type ProgramContext } from './cloud-connections.js';
import { runAgent } from './program.js';
import { rotateKey } from './rotate-key.js';
import { readSettings, type Settings } from './settings.js';

/** sysexits.h: a temporary end, start me again. */
const EXIT_RESTART = 75;
/** The cloud revoked the device, or does not take it (sysexits.h, EX_NOPERM). */
const EXIT_REFUSED = 77;

/** Boots the new version: this process becomes a new one, unless whoever watches over it is to start it again. */
function restart(how: Settings['restart']): never {
  // After an exec a parent's IPC channel would lead nowhere.
  if (how === 'exit' || process.connected || !process.execve) process.exit(EXIT_RESTART);
  return process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
}

async function run(context: ProgramContext): Promise<void> {
  const end = await runAgent(settings, context);
  log.info({ end }, 'the agent ends');
  if (end === 'restart') restart(settings.restart);
  process.exitCode = end === 'revoked' ? EXIT_REFUSED : 0;
}

const settings = readSettings(process.argv.slice(2));
const log = pino(
  { level: settings.logLevel, base: { device_id: settings.deviceId } },
  pino.destination({ sync: true }),
);
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => stopping.abort());

function sayWhy(error: unknown): void {
  if (error instanceof Locked) {
    log.fatal({ dir: settings.dir, pid: error.pid }, 'another agent runs in this --dir: each device has its own');
    process.exitCode = EXIT_CONFIG;
  } else {
    log.fatal({ err: error }, 'the agent cannot run');
    process.exitCode = error instanceof Refused ? EXIT_REFUSED : 1;
  }
}

try {
  const connections = await connectionsOf(settings);
  const context = { ...systemMachine, connections, log, signal: stopping.signal };
  await (settings.rotateKey ? rotateKey(settings, context) : run(context)).finally(() => connections.close());
} catch (error) {
  if (!stopping.signal.aborted) sayWhy(error);
}
if (process.connected) process.disconnect();
