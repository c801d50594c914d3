import type { EventStream, StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';

/** Where a request's event stands, and whether it was there before. */
export interface Asked {
  request_id: string;
  position: number;
  before: boolean;
  /** Whom it is for, where that is one device. */
  device_id: string | undefined;
}

/** Between two looks at the stream, in milliseconds. */
const LOOK_MS = 20;

/**
 * The event that answers a request on a stream, once it is there: the last of those that name it in one batch, so that `position` is where
 * the whole answer can be read.
 * @returns undefined when there was none within `ms`
 */
export async function awaitAnswer(
  { log, clock }: { log: EventLog; clock: Clock },
  stream: EventStream,
  { request_id, position, before }: Pick<Asked, 'request_id' | 'position' | 'before'>,
  ms: number,
): Promise<StoredEvent | undefined> {
  let from = before ? 1 : position + 1;
  for (const until = clock.steady_ms() + ms; ; await clock.sleep(LOOK_MS)) {
    const last = await log.lastPosition(stream);
    if (last >= from) {
      // Whoever is asked for the events may be behind whoever said where the stream ends.
      const { events, position: seen } = await log.readStream(stream, { from });
      const answer = events.find(({ data }) => 'request_id' in data && data.request_id === request_id);
      if (answer) return { ...answer, position: Math.max(answer.position, events.at(-1)?.position ?? 0) };
      from = seen + 1;
    }
    if (clock.steady_ms() >= until) return undefined;
  }
}
