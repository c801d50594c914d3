import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane, StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { Asked } from './requests.js';

/** Between two looks at the lane, in milliseconds. */
const LOOK_MS = 20;

/**
 * The event that answers a request on a lane, once it is there: the last of those that name it in one batch, so that `position` is where
 * the whole answer can be read.
 * @returns undefined when there was none within `ms`
 */
export async function awaitAnswer(
  log: EventLog,
  lane: Lane,
  { request_id, position, before }: Asked,
  ms: number,
): Promise<StoredEvent | undefined> {
  let from = before ? 1 : position + 1;
  for (const until = Date.now() + ms; ; await sleep(LOOK_MS)) {
    const last = await log.lastPosition(lane);
    if (last >= from) {
      const events = await log.read(lane, { from });
      const answer = events.find(({ data }) => 'request_id' in data && data.request_id === request_id);
      if (answer) return { ...answer, position: Math.max(answer.position, events.at(-1)?.position ?? 0) };
      from = last + 1;
    }
    if (Date.now() >= until) return undefined;
  }
}
