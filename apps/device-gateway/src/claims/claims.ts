import { claimStream, type DataOf } from '@edgeflow/contracts';
import { EventLog, handle } from '@edgeflow/event-log';
import { digestOfSecret, newSecret, secretTokenOf } from '@edgeflow/identity';
import { Entropy } from '@edgeflow/runtime';
import { SOURCE } from '../session/session.events.js';
import { claimDecider } from './claim.decider.js';

/** A claim token to be: for how many devices, until when, of which fleet and model. */
type Wanted = Omit<DataOf<'ClaimIssued'>, 'claim_id' | 'expires_at' | 'secret_sha256'> & {
  /** How long it is valid, in seconds. */
  expires_in_s: number;
};

/** A claim token as whoever issued it gets it, once. */
type Issued = Omit<DataOf<'ClaimIssued'>, 'secret_sha256' | 'issued_by'> & { token: string; position: number };

/** The claim tokens of the log. */
export class Claims {
  constructor(
    private readonly log: EventLog,
    private readonly entropy: Entropy,
  ) {}

  /** Lets a claim token be. @throws Refused `log-unavailable`, `log-full` */
  async issue(org: string, { expires_in_s, ...wanted }: Wanted): Promise<Issued> {
    const at = this.log.clock.now();
    const expires_at = new Date(at.getTime() + expires_in_s * 1000).toISOString();
    const { issued_by, ...said } = { ...wanted, claim_id: this.log.ids.next('clm'), expires_at };
    const secret = newSecret(this.entropy);
    const claim = { ...said, secret_sha256: digestOfSecret(secret), issued_by };
    const about = { by: SOURCE, at, fresh: true };
    const stream = claimStream(org, said.claim_id);
    const { position } = await handle(this.log, claimDecider, stream, { type: 'Issue', claim }, about);
    return { ...said, token: secretTokenOf('efc', { org, id: said.claim_id, secret }), position };
  }

  /**
   * Revokes a claim token for good; again is no change.
   * @returns the position of the newest event of its stream
   * @throws Refused `claim-unknown`, `log-unavailable`, `log-full`
   */
  async revoke(org: string, revocation: DataOf<'ClaimRevoked'>): Promise<number> {
    const stream = claimStream(org, revocation.claim_id);
    const command = { type: 'Revoke', revocation } as const;
    return (await handle(this.log, claimDecider, stream, command, { by: SOURCE })).position;
  }
}
