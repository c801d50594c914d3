import { logger } from '@edgeflow/telemetry';
import type { Connection } from './connection.js';
import { undefinedIfMissing } from './consumer-api.js';
import { STREAM } from './stream.js';

/** Where earlier releases had the server keep the deadlines of updates, which the log took over as a source (ADR 0034). */
export const RETIRED_STREAM = 'OTA_SCHEDULE';
/** Who wound them. */
export const RETIRED_DURABLE = 'rollout-orchestrator-deadlines';

/**
 * Takes down what earlier releases kept deadlines in, once none is waited for in it: an orchestrator of theirs that still runs, or is
 * taken back, has it until then. What was due stays in the log, as DeadlineReached.
 */
export async function retireSchedules({ manager: { streams, consumers } }: Connection): Promise<void> {
  const { config } = await streams.info(STREAM);
  const sources = config.sources ?? [];
  const others = sources.filter(({ name }) => name !== RETIRED_STREAM);
  if (others.length === sources.length) return;
  if ((await Array.fromAsync(streams.names('schedule.>'))).includes(RETIRED_STREAM)) {
    if (await streams.getMessage(RETIRED_STREAM, { last_by_subj: 'schedule.>' })) return;
    await streams.delete(RETIRED_STREAM);
  }
  await consumers.delete(STREAM, RETIRED_DURABLE).catch(undefinedIfMissing);
  // The last step, since it is by the source that there is something to do.
  await streams.update(STREAM, { sources: others });
  logger.info({ stream: RETIRED_STREAM }, 'a stream that nothing needs any more was taken down');
}
