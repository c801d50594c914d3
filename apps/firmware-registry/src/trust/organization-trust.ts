import { given, trustStream, type DataOf } from '@edgeflow/contracts';
import { handle, load, type EventLog } from '@edgeflow/event-log';
import { trustDecider, trustedKey, type Trust, type TrustCommand } from '@edgeflow/firmware';
import { flattenedOf, readKeyStatement } from '@edgeflow/identity';
import { SOURCE } from '../source.js';

/** What a change of an organization's trust has led to. */
export interface Changed {
  /** False when it was so already. */
  changed: boolean;
  position: number;
}

/** What the organizations trust. Only this service writes here. */
export class Trusted {
  constructor(private readonly log: EventLog) {}

  /** What an organization trusts now. @throws Refused `log-unavailable` */
  async of(org: string): Promise<Trust> {
    return (await load(this.log, trustDecider, trustStream(org))).state;
  }

  /** The organizations that have said how many versions they keep, or that they keep all. @throws Refused `log-unavailable` */
  async withRetention(): Promise<string[]> {
    return (await Array.fromAsync(this.log.scanLast(['ota.*.trust.*.FirmwareRetentionChanged']))).map(({ org }) => org);
  }

  /**
   * Registers a key; `statement` is one of an older key, compact: devices that know only that one follow it. `first` begins anew.
   * @throws Refused as `change` does, `signature-invalid`, `signing-key-unknown`, `signing-key-revoked`
   */
  async register(
    org: string,
    key: Omit<DataOf<'SigningKeyRegistered'>, 'statement'>,
    { statement, first }: { statement?: string | undefined; first?: boolean | undefined } = {},
  ): Promise<Changed> {
    const command = { type: 'RegisterKey', org, key, ...given({ first }) } as const;
    if (statement === undefined) return this.change(org, command);
    const trust = await this.of(org);
    const { kid: by, statement: says } = await readKeyStatement(statement, (kid) => trustedKey(trust, kid));
    return this.change(org, { ...command, key: { ...key, statement: flattenedOf(statement) }, says, by });
  }

  /** @throws Refused what `trustDecider` refuses, `conflict`, `log-full`, `log-unavailable` */
  async change(org: string, command: TrustCommand): Promise<Changed> {
    const { facts, position } = await handle(this.log, trustDecider, trustStream(org), command, { by: SOURCE });
    return { changed: facts.length > 0, position };
  }
}
