import { Refused, parseSubject, type Address } from '@edgeflow/contracts';
import { errorSparsely, logger } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import { unreadEvents } from '../metrics.js';

/** See `EventLog.subscribe`. */
export function subscribe(
  { nats, machine }: Pick<Connection, 'nats' | 'machine'>,
  subjects: readonly string[],
  handler: (address: Address) => void,
): () => void {
  const subscriptions = subjects.map((subject) =>
    nats.subscribe(subject, {
      callback: (error, message) => {
        const about = { err: error, subject };
        if (error) return errorSparsely(subject, about, 'a subscription to hints failed', machine.clock);
        try {
          handler(parseSubject(message.subject));
        } catch (cause) {
          // The callback must not throw: the client would close the subscription.
          const isForeign = cause instanceof Refused;
          if (isForeign) unreadEvents.inc({ reader: 'hear', why: 'set-aside' });
          logger[isForeign ? 'warn' : 'error']({ err: cause, subject: message.subject }, 'a hint was not handled');
        }
      },
    }),
  );
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}
