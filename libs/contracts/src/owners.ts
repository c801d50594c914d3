import type { Entity } from './subjects.js';

/** The services that write the log. */
export type Service = 'firmware-registry' | 'rollout-orchestrator' | 'device-gateway' | 'projection';

/** Who writes an entity's events, and what else there is to be said of that. */
interface Ownership {
  /** The only writer; `each`: every service writes in its own name. */
  owner: Service | 'each';
  note?: string;
}

const owners = {
  request: {
    owner: 'rollout-orchestrator',
    note: ', for teams (who publish to the inbox of their organization) and for its HTTP API',
  },
  firmware: { owner: 'firmware-registry' },
  rollout: { owner: 'rollout-orchestrator' },
  update: { owner: 'rollout-orchestrator' },
  device: { owner: 'device-gateway' },
  trust: { owner: 'firmware-registry' },
  claim: { owner: 'device-gateway' },
  access: { owner: 'firmware-registry', note: '; each service its own ApiKeyUsed' },
  audit: { owner: 'each', note: ' service its own stream' },
} as const satisfies Record<Entity, Ownership>;

/** Who writes an entity's events, in words. */
export function ownerText(entity: Entity): string {
  const { owner, note = '' }: Ownership = owners[entity];
  return `${owner}${note}`;
}

/** The entities whose events a service alone writes. The rights on NATS are made of them. */
export function ownedBy(service: Service): Entity[] {
  return (Object.keys(owners) as Entity[]).filter((entity) => owners[entity].owner === service);
}
