import { randomUUID } from 'node:crypto';
import { Refused, deriveId, toEvent, type DataOf, type Fact, type Lane } from '@edgeflow/contracts';
import { onFreshLanes, type EventLog } from '@edgeflow/event-log';
import { SOURCE } from '../tunnel/tunnel.events.js';
import { ClaimLanes } from './claim-lanes.js';
import type { ClaimEventName, ClaimState } from './claim.state.js';

/** The lane of a claim token. */
export function claimLane(org: string, claim_id: string): Lane {
  return { org, entity: 'claim', entity_id: claim_id };
}

/** A new claim token's id. */
export function newClaimId(): string {
  return `clm_${randomUUID().replaceAll('-', '')}`;
}

/** The claim tokens of the log. */
export class Claims {
  private readonly lanes: ClaimLanes;

  constructor(private readonly log: EventLog) {
    this.lanes = new ClaimLanes(log);
  }

  /** @throws Refused `log-unavailable` */
  find(org: string, claim_id: string): Promise<ClaimState> {
    return this.lanes.find(claimLane(org, claim_id));
  }

  /** Lets a claim token be. @returns the position of the event @throws Refused `log-unavailable`, `log-full` */
  async issue(org: string, issued: DataOf<'ClaimIssued'>): Promise<number> {
    const id = deriveId('evt', org, issued.claim_id, 'issued');
    return this.append(org, issued.claim_id, id, { type: 'ClaimIssued', data: issued }, 0);
  }

  /**
   * Revokes a claim token for good; again is no change.
   * @returns the position of the newest event of its lane
   * @throws Refused `claim-unknown`, `log-unavailable`, `log-full`
   */
  async revoke(org: string, revocation: DataOf<'ClaimRevoked'>): Promise<number> {
    const { claim_id } = revocation;
    const id = deriveId('evt', org, claim_id, 'revoked');
    return onFreshLanes(async () => {
      const { status, position } = await this.find(org, claim_id);
      if (status === 'none') throw new Refused('claim-unknown', undefined, { claim_id });
      if (status === 'revoked') return position;
      return this.append(org, claim_id, id, { type: 'ClaimRevoked', data: revocation }, position);
    });
  }

  private async append(
    org: string,
    claim_id: string,
    id: string,
    fact: Fact<ClaimEventName>,
    after: number,
  ): Promise<number> {
    const event = toEvent(claimLane(org, claim_id), fact, { id, source: SOURCE, time: new Date().toISOString() });
    return (await this.log.append([event], { after })).last;
  }
}
