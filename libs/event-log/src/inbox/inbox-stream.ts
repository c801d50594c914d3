import { nanos } from '@nats-io/nats-core';
import type { ConsumerConfig } from '@nats-io/jetstream';
import type { EventLogOptions } from '../types.js';
import type { StreamDefinition } from '../connection/stream.js';

/** Subjects of all inboxes, in the log's account: `inbox.{org}.{request_id}.{Type}`. */
export const INBOXES = 'inbox.>';
/** Who takes the messages out of an inbox. */
export const INBOX_DURABLE = 'rollout-orchestrator-inbox';
/** A request that names 10,000 devices by ids of 64 characters has room, in bytes. */
export const REQUEST_BYTES_MAX = 768 * 1024;

const PREFIX = 'INBOX_';
const MIB = 2 ** 20;
const DAY_MS = 86_400_000;
/** Messages that are handed out and not taken in yet; what is handed out and forgotten comes again after `ack_wait`. */
const IN_HAND = 64;
const ACK_WAIT_MS = 12_000;
/** So long a repetition with the same `Nats-Msg-Id` is called one. */
const DUPLICATES_MS = 10_000;

/** The JetStream stream of an organization's inbox. */
export function inboxName(org: string): string {
  return `${PREFIX}${org}`;
}

/** The organization whose inbox a JetStream stream is; undefined for others. */
export function organizationOf(stream: string): string | undefined {
  return stream.startsWith(PREFIX) ? stream.slice(PREFIX.length) : undefined;
}

/** What a team's publish becomes. */
export function inboxSubject(org: string): string {
  return `inbox.${org}.*.*`;
}

/**
 * Where the requests of one organization wait to be taken in, and nothing else does: bounded in every direction, so that who fills it
 * fills it for itself. What was taken in makes room. None of the headers that steer a JetStream stream (TTL, rollup, schedules, batches) is allowed.
 */
export function inbox(org: string, { replicas }: EventLogOptions): StreamDefinition {
  return {
    name: inboxName(org),
    config: {
      description: `EdgeFlow OTA: requests of ${org} that were not taken in yet`,
      subjects: [`inbox.${org}.>`],
      storage: 'file',
      ...(replicas && { num_replicas: replicas }),
      retention: 'workqueue',
      discard: 'new',
      // The same request twice before it was taken in is refused at once.
      max_msgs_per_subject: 1,
      discard_new_per_subject: true,
      max_bytes: 64 * MIB,
      max_age: nanos(DAY_MS),
      max_msg_size: REQUEST_BYTES_MAX,
      // Who is told to try again later may do so under the same id; the taking in knows what it has seen, for ever.
      duplicate_window: nanos(DUPLICATES_MS),
    },
    defaults: {},
  };
}

/** The one consumer of an inbox; a work queue has no room for a second. */
export const inboxConsumer: Partial<ConsumerConfig> = {
  durable_name: INBOX_DURABLE,
  ack_policy: 'explicit',
  ack_wait: nanos(ACK_WAIT_MS),
  max_ack_pending: IN_HAND,
};
