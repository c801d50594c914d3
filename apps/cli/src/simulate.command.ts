import { recordedOutcomes, whatIf, type Assume, type Change } from '@edgeflow/what-if';
import { accessTo } from './nats-access.js';
import { openLog } from './open-log.js';
import { reportOf } from './report.js';
import { rolloutEvents } from './rollout-events.js';

/** The options of `simulate`, as commander hands them over. */
export interface SimulateOptions extends Pick<Change, 'strategy' | 'failure' | 'limits' | 'retry'> {
  rollout: string;
  assume: Assume;
  wait?: true;
  org?: string;
  json?: true;
  nats?: string;
}

/** Reads a rollout from the log and runs it again. @returns what to print @throws Error of one line, a `Refused` with its code */
export async function simulate(options: SimulateOptions, env: NodeJS.ProcessEnv): Promise<string> {
  const log = await openLog(await accessTo(options.nats, env));
  try {
    const recorded = recordedOutcomes(await rolloutEvents(log, options));
    const result = whatIf(recorded, { ...options, waits: options.wait === true });
    return options.json ? `${JSON.stringify(result, undefined, 2)}\n` : reportOf(result);
  } finally {
    await log.close();
  }
}
