import { counter, gauge } from '@edgeflow/telemetry';
import type { Follower } from './types.js';

/** The alarm of docs/operations.md: a human is to look at the JetStream stream OTA_ASIDE. */
export const deadLettersTotal = counter({
  name: 'edgeflow_events_set_aside_total',
  help: 'Events that a follower could not handle and put into the stream OTA_ASIDE.',
  labelNames: ['durable', 'code'],
});

export const handlerRetries = counter({
  name: 'edgeflow_handler_retries_total',
  help: 'Attempts to handle events that failed and were made again.',
  labelNames: ['durable'],
});

export const durableRestarts = counter({
  name: 'edgeflow_durable_restarts_total',
  help: 'Times that a durable consumer was made anew, by reason.',
  labelNames: ['durable', 'reason'],
});

/** Also of what is no error: a type of a newer release. */
export const unreadEvents = counter({
  name: 'edgeflow_events_unread_total',
  help: 'Messages of the log that were passed over since this build cannot read them, by reader; again at each look at a stream.',
  labelNames: ['reader', 'why'],
});

export const fillRatio = gauge({
  name: 'edgeflow_log_fill_ratio',
  help: 'How full the event log is, 0 to 1: from 0.9 on it takes only what stops or ends something.',
});

export const logHalted = gauge({
  name: 'edgeflow_log_halted',
  help: '1 while nothing may be written, since a fold says that the log is not the one that its rows were made of.',
});

/** What a follower says of how far it is. */
type Lagging = Pick<Follower, 'lag'>;

const lagging = new Map<string, Lagging>();

const followerLag = gauge({
  name: 'edgeflow_follower_lag_events',
  help: 'Events stored and not handled yet, by the stream, at the time of asking; not a number while NATS does not answer.',
  labelNames: ['durable'],
  async collect() {
    for (const [durable, follower] of lagging) this.set({ durable }, await follower.lag().catch(() => Number.NaN));
  },
});

/** Shows the lag of a follower from now on. @returns how to stop it */
export function showLag(durable: string, follower: Lagging): () => void {
  lagging.set(durable, follower);
  return () => {
    if (lagging.get(durable) !== follower) return;
    lagging.delete(durable);
    followerLag.remove({ durable });
  };
}
