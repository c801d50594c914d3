import { join } from 'node:path';
import type { LogLine } from '../console/log-line.js';
import { ProcessLog } from '../console/process-log.js';
import type { Endpoints } from '../endpoints.js';
import { startNodeProcess } from '../processes/node-process.js';
import { Supervised, type SupervisorEvents } from '../processes/supervised.js';
import { appProgram } from '../workspace.js';
import { DEVICE, ORG } from './scene.js';

/** What a program of the demo has to tell. */
export interface ProgramEvents extends SupervisorEvents {
  notable(line: LogLine): void;
}

/**
 * Runs devices of the demo beside standalone, started again whenever they end; their log is in the home's `logs`.
 * @param options further ones of the app's command line, without their dashes
 * @returns how to stop it
 */
export async function runDevices(
  app: 'device-agent' | 'fleet-simulator',
  options: Record<string, string | number>,
  at: Endpoints,
  events: ProgramEvents,
): Promise<() => Promise<void>> {
  const { model, fleet, version } = DEVICE;
  const cloud = { origin: at.origin, ca: at.ca, 'claim-token-file': join(at.device_claims, `${ORG}.token`) };
  const all = Object.entries({ ...cloud, model, fleet, version, ...options });
  const args = all.flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = { ...appProgram(app), args, env: process.env };
  const log = new ProcessLog(join(at.home, 'logs', `${app}.log`), (line) => events.notable(line));
  const supervised = await Supervised.start(() => startNodeProcess(program, log), events);
  return async () => {
    await supervised.stop();
    await log.close();
  };
}
