import { Refused, KEY_STATEMENTS_MAX, type DataOf, type FirmwareSignature } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { manifestRefusal, trustIn, trustLane, trustedKey, unsignedRefusal, type Trust } from '@edgeflow/firmware';
import { compactOf, readManifest } from '@edgeflow/identity';
import type { Unofferable } from './image.js';

/** What a device is to see of a firmware's signature; nothing for an unsigned one. */
export interface Shown {
  /** Compact JWS. */
  manifest?: string;
  /** What older signing keys say of newer ones, oldest first; compact JWS. */
  key_statements?: string[];
}

type Dispatched = Pick<DataOf<'UpdateDispatched'>, 'firmware_id' | 'version' | 'sha256' | 'size' | 'model'>;

/**
 * The last look at a firmware's signature before it is offered: the organization's keys and policy may have changed since the update
 * was decided, and a log in wrong hands may hold decisions that nobody has made.
 */
export class Signatures {
  constructor(private readonly log: EventLog) {}

  /** @returns what goes with the offer, or why there is none @throws Refused `log-unavailable` */
  async of(org: string, image: Dispatched, at: Date): Promise<Shown | Unofferable> {
    const [trust, signature] = await Promise.all([this.trustOf(org), this.signatureOf(org, image)]);
    const refusal = signature
      ? await refusalOf(signature, trust, { org, ...image, models: [image.model] }, at)
      : unsignedRefusal(trust);
    if (refusal) return { code: refusal.code, message: refusal.detail };
    const statements = statementsOf(trust);
    return {
      ...(signature && { manifest: compactOf(signature.manifest) }),
      ...(statements.length > 0 && { key_statements: statements }),
    };
  }

  /** What an organization trusts now. @throws Refused `log-unavailable` */
  async trustOf(org: string): Promise<Trust> {
    return trustIn(await this.log.readLane(trustLane(org)));
  }

  private async signatureOf(org: string, { firmware_id }: Dispatched): Promise<FirmwareSignature | undefined> {
    const { last } = await this.log.lastOfEach({ org, entity: 'firmware', entity_id: firmware_id });
    return last.FirmwareSigned?.data.signature ?? last.FirmwareUploaded?.data.signature;
  }
}

async function refusalOf(
  { manifest }: FirmwareSignature,
  trust: Trust,
  wanted: Parameters<typeof manifestRefusal>[0],
  at: Date,
): Promise<Refused | undefined> {
  try {
    const read = await readManifest(compactOf(manifest), (kid) => trustedKey(trust, kid));
    return manifestRefusal(wanted, read.manifest, at);
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

/** The newest statements, in the order in which a device can follow them. */
function statementsOf({ keys }: Trust): string[] {
  const all = keys.flatMap(({ statement }) => (statement ? [compactOf(statement)] : []));
  return all.slice(-KEY_STATEMENTS_MAX);
}
