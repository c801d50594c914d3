import { logger } from '@edgeflow/telemetry';
import type { Deliveries } from './nats-client.js';

/** How often the server is to give a sign of life while it has nothing to deliver, in milliseconds; two that are missing are a silence. */
export const HEARTBEAT_MS = 2_000;

/**
 * Calls `listener` when the server does not even give its signs of life any more: what it sends is lost. It sends the answers to a request from
 * another account only until a message without a single header and body comes by, which anybody may have stored (nats-server 2.15.1).
 */
export function onSilence(messages: Deliveries, listener: () => void): void {
  const watch = async (): Promise<void> => {
    for await (const { type } of messages.status()) if (type === 'heartbeats_missed') listener();
  };
  watch().catch((error: unknown) => logger.warn({ err: error }, 'the signs of life of a delivery are not watched'));
}
