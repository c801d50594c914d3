import { RepublishHeaders } from '@nats-io/jetstream';
import { isUnread, liveUpdateSubject, type StoredEvent } from '@edgeflow/contracts';
import { errorSparsely, logger } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import { decode } from '../wire.js';

/** See `EventLog.live`. */
export function subscribeLive(
  connection: Connection,
  org: string,
  deviceId: string,
  handler: (event: StoredEvent) => void,
): () => void {
  const { nats, machine } = connection;
  const subscription = nats.subscribe(liveUpdateSubject(org, deviceId), {
    callback: (error, message) => {
      const about = { err: error, org, device_id: deviceId };
      if (error) return errorSparsely(org, about, 'a live subscription failed', machine.clock);
      const { headers, data } = message;
      const position = Number(headers?.get(RepublishHeaders.Sequence));
      const subject = headers?.get(RepublishHeaders.Subject) ?? '';
      const stored_at = headers?.get('Nats-Time-Stamp');
      try {
        const event = decode(connection, { subject, headers, data, position, ...(stored_at && { stored_at }) }, 'live');
        if (!isUnread(event)) handler(event);
      } catch (cause) {
        // The callback must not throw: the client would close the subscription.
        logger.error({ err: cause, org, device_id: deviceId, position }, 'a live event was not handled');
      }
    },
  });
  return () => subscription.unsubscribe();
}
