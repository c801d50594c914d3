import { ASIDE_STREAM } from '../connection/stream.js';
import { LEASES, LEASE_STREAM } from '../gateway-leases/lease-stream.js';

/** What a user may do on the log; from this table come the server's configuration and docs/nats-rights.md. */
export interface UserRights {
  user: string;
  /** What it is for, in a sentence. */
  purpose: string;
  /** Subjects that it may write to. */
  writes: readonly string[];
  /** Its durable consumers; what they set aside goes to `aside.{org}.{durable}`. */
  durables: readonly string[];
  /** Whether it may read the log: lanes, scans, what the stream holds. */
  reads: boolean;
  /** Subjects that it may subscribe to beside its own inbox: what the stream stored, republished under `live.`, and answers to teams. */
  listens: readonly string[];
  /** The organization whose requests it sends: they go to the inbox of that organization, not to the log. */
  asks_for?: string;
  /** Takes in what lies in the inbox of every organization, and answers. */
  takes_in?: boolean;
  /** Holds the lease of a gateway id, and looks at those of the others. */
  holds_lease?: boolean;
  /** Streams besides the log of which it may read single messages. */
  inspects?: readonly string[];
}

/** The last uses of API keys are noted by whoever sees the key. */
const KEY_USES = 'ota.*.access.*.ApiKeyUsed';

/** One user per service (DESIGN.md section 3 and ADR-0015 say who owns which lanes). */
export const SERVICE_RIGHTS: readonly UserRights[] = [
  {
    user: 'firmware-registry',
    purpose: 'firmware, signing keys and policies, API keys',
    writes: ['ota.*.firmware.*.*', 'ota.*.trust.*.*', 'ota.*.access.*.*', 'ota.*.audit.firmware-registry.*'],
    durables: [],
    reads: true,
    listens: [],
  },
  {
    user: 'rollout-orchestrator',
    purpose: 'takes in requests, decides on updates and rollouts, and schedules deadlines',
    writes: [
      'ota.*.rollout.*.*',
      'ota.*.update.*.*',
      'ota.*.request.*.*',
      'ota.*.audit.rollout-orchestrator.*',
      KEY_USES,
      'schedule.*',
    ],
    durables: ['rollout-orchestrator-fold', 'rollout-orchestrator-deadlines'],
    reads: true,
    listens: ['live.ota.*.update.*.*'],
    takes_in: true,
  },
  {
    user: 'device-gateway',
    purpose: 'devices, their claims and what they report; which process is which gateway',
    writes: ['ota.*.device.*.*', 'ota.*.claim.*.*', 'ota.*.audit.device-gateway.*', KEY_USES, LEASES],
    durables: [],
    reads: true,
    holds_lease: true,
    // The last two are written by gateways alone, which share an account: they hear each other before the log has stored it.
    listens: ['live.ota.*.update.*.*', 'ota.*.device.*.DeviceRevoked', 'ota.*.device.*.DeviceKeyRotated'],
  },
  {
    user: 'projection',
    purpose: 'read models; writes nothing but who asked',
    writes: ['ota.*.audit.projection.*', KEY_USES],
    durables: ['projection-read-models'],
    reads: true,
    listens: [],
  },
];

/** For people and tools that only look: `edgeflow simulate`, the check of the audit trail, what was set aside, who is which gateway. */
export const READER: UserRights = {
  user: 'reader',
  purpose:
    'people and tools that only read: what-if, the check of the audit trail, what was set aside, who is which gateway',
  writes: [],
  durables: [],
  reads: true,
  listens: [],
  inspects: [ASIDE_STREAM, LEASE_STREAM],
};

/** Makes and changes the streams; no service has its password. It has every right in the log's account. */
export const PROVISIONER = 'provisioner';

/**
 * A platform team's user: it sends its own organization's requests, hears whether the inbox took them and what became of them, and nothing else.
 * @param org the organization, or `{org}` in documents
 */
export function publisherRights(org: string): UserRights {
  return {
    user: `publisher-${org}`,
    purpose: `requests of the organization ${org}`,
    writes: [`ota.${org}.request.*.*`],
    durables: [],
    reads: false,
    listens: [`answers.${org}.>`],
    asks_for: org,
  };
}
