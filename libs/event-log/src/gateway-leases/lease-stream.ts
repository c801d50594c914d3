import type { EventLogOptions } from '../types.js';
import type { StreamDefinition } from '../connection/stream.js';

export const LEASE_STREAM = 'OTA_GATEWAYS';
/** Subjects of all leases: `gateways.{gateway_id}`. */
export const LEASES = 'gateways.*';

/** Gateways at the same time; the server gives the newest message of at most 1,024 subjects in one answer. */
const GATEWAYS_MAX = 1_000;
const LEASE_BYTES_MAX = 4_096;

export function leaseSubject(gatewayId: string): string {
  return `gateways.${gatewayId}`;
}

/** The gateway whose lease stands on a subject. */
export function gatewayOf(subject: string): string {
  return subject.slice('gateways.'.length);
}

/**
 * Who holds which gateway id (ADR-0022). A stream of its own: leases are renewed every few seconds and only the last word counts, while
 * the log is for ever and comes to rest. On disk, so that a server that was restarted knows them still.
 */
export function gatewayLeases({ replicas }: EventLogOptions): StreamDefinition {
  return {
    name: LEASE_STREAM,
    config: {
      description: 'EdgeFlow OTA: which process is which device gateway',
      subjects: [LEASES],
      storage: 'file',
      ...(replicas && { num_replicas: replicas }),
      max_msgs_per_subject: 1,
      // Rather no new gateway than one whose lease is forgotten.
      discard: 'new',
      max_msgs: GATEWAYS_MAX,
      max_msg_size: LEASE_BYTES_MAX,
      allow_direct: true,
      // What was released goes by itself: an id may be the name of a container that never comes back.
      allow_msg_ttl: true,
    },
    defaults: {},
  };
}
