import { join } from 'node:path';
import type { LogLine } from '../console/log-line.js';
import { ProcessLog } from '../console/process-log.js';
import type { Endpoints } from '../endpoints.js';
import { startNodeProcess } from '../processes/node-process.js';
import { Supervised, type Loss } from '../processes/supervised.js';
import { appFolder, appProgram } from '../workspace.js';

/** What a program of the demo has to tell. */
export interface ProgramEvents {
  notable(line: LogLine): void;
  /** It ended unasked and is started again. */
  lost(loss: Loss): void;
  /** It can never run as things are. */
  gaveUp(why: string): void;
}

/**
 * Runs an app beside standalone, started again whenever it ends; its log is in the home's `logs`.
 * @param options of its command line, without their dashes
 * @returns how to stop it
 */
export async function runProgram(
  app: string,
  options: Record<string, string | number>,
  at: Endpoints,
  events: ProgramEvents,
): Promise<() => Promise<void>> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = { entry: appProgram(app), args, cwd: appFolder(app), env: process.env };
  const log = new ProcessLog(join(at.home, 'logs', `${app}.log`), (line) => events.notable(line));
  const supervised = await Supervised.start(app, () => startNodeProcess(program, log), {
    started: () => undefined,
    lost: (_, loss) => events.lost(loss),
    gaveUp: (_, why) => events.gaveUp(why),
  });
  return async () => {
    await supervised.stop();
    await log.close();
  };
}
