import { Refused, parseSubject, type Address } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import { unreadEvents } from '../metrics.js';

/** See `EventLog.hear`. */
export function hear(
  { nats }: Pick<Connection, 'nats'>,
  subjects: readonly string[],
  handler: (address: Address) => void,
): () => void {
  const subscriptions = subjects.map((subject) =>
    nats.subscribe(subject, {
      callback: (error, message) => {
        if (error) return logger.error({ err: error, subject }, 'a subscription to hints failed');
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
