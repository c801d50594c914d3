import { Refused, firmwareStream, trustStream } from '@edgeflow/contracts';
import type { DataOf, DeviceSigning, FirmwareSignature, KnownSigningKeys } from '@edgeflow/contracts';
import { EventLog, load } from '@edgeflow/event-log';
import {
  firmwareDecider,
  manifestRefusal,
  statementsFor,
  trustDecider,
  trustedKey,
  unsignedRefusal,
  type Trust,
} from '@edgeflow/firmware';
import { compactOf, readManifest } from '@edgeflow/identity';
import type { Unofferable } from './image.js';

/** What a device is to see of a firmware's signature; nothing for an unsigned one. */
export interface Shown {
  /** Compact JWS. */
  manifest?: string;
  /** What older signing keys say of newer ones, in an order in which a device can follow them; compact JWS. */
  key_statements?: string[];
  /** Why only a device whose download had begun may have it. */
  revoked?: Unofferable;
}

/** What all devices are to see of a firmware's signature, and what each of them is to hear of its key. */
export interface Vouched {
  shown: Omit<Shown, 'key_statements'>;
  /** @param known what the log knows of the device's keys */
  statementsFor(known: KnownSigningKeys | undefined): Pick<Shown, 'key_statements'>;
}

type Dispatched = Pick<DataOf<'UpdateDispatched'>, 'firmware_id' | 'version' | 'sha256' | 'size' | 'model'>;

/**
 * The last look at a firmware's signature before it is offered: the organization's keys and policy may have changed since the update
 * was decided, and a log in wrong hands may hold decisions that nobody has made.
 */
export class Signatures {
  constructor(private readonly log: EventLog) {}

  /** @returns what goes with the offer, or why there is none @throws Refused `log-unavailable` */
  async of(org: string, image: Dispatched): Promise<Vouched | Unofferable> {
    const [trust, { signature, revoked }] = await Promise.all([this.trustOf(org), this.firmwareOf(org, image)]);
    const refusal = signature
      ? await refusalOf(signature, trust, { org, ...image, models: [image.model] }, this.log.clock.now())
      : unsignedRefusal(trust);
    if (refusal) return { code: refusal.code, message: refusal.detail };
    return {
      shown: { ...(signature && { manifest: compactOf(signature.manifest) }), ...(revoked && { revoked }) },
      statementsFor: (known) => spoken(statementsFor(trust, signature?.kid, known)),
    };
  }

  /** What a device is told at its enrolment of the signatures of its organization. @throws Refused `log-unavailable` */
  async signingOf(org: string): Promise<DeviceSigning> {
    const { signature, keys } = await this.trustOf(org);
    const good = keys.filter(({ revoked }) => !revoked);
    return { signature, keys: good.map(({ kid, public_key }) => ({ kid, public_key })) };
  }

  private async trustOf(org: string): Promise<Trust> {
    return (await load(this.log, trustDecider, trustStream(org))).state;
  }

  private async firmwareOf(org: string, { firmware_id, version }: Dispatched) {
    const { state } = await load(this.log, firmwareDecider, firmwareStream(org, firmware_id));
    const signature: FirmwareSignature | undefined = 'upload' in state ? state.upload.signature : undefined;
    if (state.status !== 'revoked') return { signature };
    const revoked: Unofferable = { code: 'firmware-revoked', message: `${version} is revoked.` };
    return { signature, revoked };
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

function spoken(statements: ReturnType<typeof statementsFor>): Pick<Shown, 'key_statements'> {
  return statements.length > 0 ? { key_statements: statements.map(({ statement }) => compactOf(statement)) } : {};
}
