import type { StreamConfig } from '@nats-io/jetstream';

type Sources = Pick<StreamConfig, 'sources'>;

/** What a log that was keeping up cannot have missed of its schedules, in milliseconds. */
const KEPT_UP_MS = 60_000;

/** The sources without where they began, which is not a setting but history. */
export function withoutBeginnings({ sources }: Pick<StreamConfig, 'sources'>): Partial<Sources> {
  return sources ? { sources: sources.map(({ opt_start_time: _, ...source }) => source) } : {};
}

/**
 * The sources for an update of a stream. The server knows a source by its transforms: with others it begins anew, and a week of
 * schedules that were due would be appended again (nats-server 2.15). So a source that changes begins shortly before now.
 */
export function sourcesFor(found: StreamConfig, wanted: Partial<StreamConfig>, now: Date): Partial<Sources> {
  if (!wanted.sources || !found.sources) return {};
  const { sources } = withoutBeginnings(found);
  if (JSON.stringify(sources) === JSON.stringify(wanted.sources)) return { sources: found.sources };
  const opt_start_time = new Date(now.getTime() - KEPT_UP_MS).toISOString();
  return { sources: wanted.sources.map((source) => ({ ...source, opt_start_time })) };
}
