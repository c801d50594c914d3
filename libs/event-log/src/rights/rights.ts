import { ownedBy, type Service } from '@edgeflow/contracts';
import { DEAD_LETTER_STREAM } from '../connection/stream.js';
import { LEASES, LEASE_STREAM } from '../gateway-leases/lease-stream.js';

/** What a user may do on the log; from this table come the server's configuration and docs/nats-rights.md. */
export interface UserRights {
  user: string;
  /** What it is for, in a sentence. */
  purpose: string;
  /** Subjects that it may write to. */
  writes: readonly string[];
  /** Its folds, each with some consumers (`foldConsumers`); what they set aside goes to `aside.{org}.{fold}`. */
  folds?: readonly string[];
  /** Whether it may read the log: streams, scans, what the stream holds. */
  reads: boolean;
  /** Reads the log as it comes, for readers of its own; only with `reads`. */
  tails?: boolean;
  /** Subjects that it may subscribe to beside its own inbox: what the log stored, republished under `live.`, and answers to teams. */
  listens: readonly string[];
  /** The organization whose requests it sends: they go to the inbox of that organization, not to the log. */
  asks_for?: string;
  /** Takes in what lies in the inbox of every organization, and answers. */
  takes_in?: boolean;
  /** Holds the lease of a gateway id, and looks at those of the others. */
  holds_lease?: boolean;
  /** JetStream streams besides the log of which it may read single messages. */
  inspects?: readonly string[];
}

/** The last uses of API keys are noted by whoever sees the key. */
const KEY_USES = 'ota.*.access.*.ApiKeyUsed';

/** What ends the tunnel of a device, whichever gateway holds it: gateways hear of it from each other. */
export const REVOCATIONS = ['DeviceRevoked', 'DeviceKeyRotated', 'DeviceRemoved', 'DeviceChanged'].map(
  (type) => `ota.*.device.*.${type}`,
);

/** What a service alone writes, and its own stream of the audit trail. */
function written(service: Service): string[] {
  return [...ownedBy(service).map((entity) => `ota.*.${entity}.*.*`), `ota.*.audit.${service}.*`];
}

/** One user per service (ADR 0015 says who owns which streams). */
export const SERVICE_RIGHTS: readonly UserRights[] = [
  {
    user: 'firmware-registry',
    purpose: 'firmware, signing keys and policies, API keys',
    writes: written('firmware-registry'),
    reads: true,
    listens: [],
  },
  {
    user: 'rollout-orchestrator',
    purpose: 'takes in requests, decides on updates and rollouts',
    writes: [...written('rollout-orchestrator'), KEY_USES],
    folds: ['rollout-orchestrator-fold'],
    reads: true,
    listens: ['live.ota.*.update.*.*'],
    takes_in: true,
  },
  {
    user: 'device-gateway',
    purpose: 'devices, their claims and what they report; which process is which gateway',
    writes: [...written('device-gateway'), KEY_USES, LEASES],
    reads: true,
    tails: true,
    holds_lease: true,
    // The last ones are written by gateways alone, which share an account: they hear each other before the log has stored it.
    listens: ['live.ota.*.update.*.*', ...REVOCATIONS],
  },
  {
    user: 'projection',
    purpose: 'read models; writes nothing but who asked',
    writes: [...written('projection'), KEY_USES],
    folds: ['projection-read-models'],
    reads: true,
    tails: true,
    listens: [],
  },
];

/** For people and tools that only look: `edgeflow simulate`, the check of the audit trail, what was set aside, who is which gateway. */
export const READER: UserRights = {
  user: 'reader',
  purpose:
    'people and tools that only read: what-if, the check of the audit trail, what was set aside, who is which gateway',
  writes: [],
  reads: true,
  listens: [],
  inspects: [DEAD_LETTER_STREAM, LEASE_STREAM],
};

/** Makes and changes the JetStream streams; no service has its password. It has every right in the log's account. */
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
    reads: false,
    listens: [`answers.${org}.>`],
    asks_for: org,
  };
}
