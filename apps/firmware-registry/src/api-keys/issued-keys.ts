import { Inject, Injectable } from '@nestjs/common';
import {
  Refused,
  deriveId,
  isToken,
  toEvent,
  type DataOf,
  type Fact,
  type Lane,
  type OtaEvent,
} from '@edgeflow/contracts';
import { EventLog, onFreshLanes, stands } from '@edgeflow/event-log';
import { digestOfSecret, newSecret, secretTokenOf } from '@edgeflow/identity';
import { CLOCK, type Clock } from '../clock.js';

/** How far ahead a key may expire, in years: what lives longer is never looked after. */
const EXPIRY_MAX_Y = 2;

/** A key as it was made, with what only its holder will know. */
export interface Issued {
  key: string;
  position: number;
}

/** The API keys of the organizations: reads their lanes, appends. Only this service issues and revokes. */
@Injectable()
export class IssuedKeys {
  constructor(
    private readonly log: EventLog,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  /** @throws Refused `invalid-request` for an expiry that is past or too far, `log-full`, `log-unavailable` */
  async issue(org: string, wish: Omit<DataOf<'ApiKeyIssued'>, 'secret_sha256'>): Promise<Issued> {
    checkExpiry(wish.expires_at, this.now());
    const secret = newSecret();
    const data = { ...wish, secret_sha256: digestOfSecret(secret) };
    const event = this.eventOf(org, wish.key_id, { type: 'ApiKeyIssued', data });
    const { last } = await this.log.append([event], { after: 0 });
    return { key: secretTokenOf('efk', { org, id: wish.key_id, secret }), position: last };
  }

  /**
   * Revokes a key for good; asked again, it answers with what was done first.
   * @returns the position of the revocation
   * @throws Refused `api-key-unknown`, `conflict`, `log-full`, `log-unavailable`
   */
  async revoke(org: string, revocation: DataOf<'ApiKeyRevoked'>): Promise<number> {
    const { key_id } = revocation;
    if (!isToken(key_id)) throw new Refused('api-key-unknown');
    // Every service notes the use of a key on its lane.
    return onFreshLanes(async () => {
      const lane = await this.log.lastOfEach(laneOf(org, key_id));
      if (!stands(lane, 'ApiKeyIssued')) throw new Refused('api-key-unknown', undefined, { key_id });
      if (lane.last.ApiKeyRevoked) return lane.last.ApiKeyRevoked.position;
      const event = this.eventOf(org, key_id, { type: 'ApiKeyRevoked', data: revocation });
      return (await this.log.append([event], { after: lane.position })).last;
    });
  }

  private eventOf(org: string, key_id: string, fact: Fact<'ApiKeyIssued' | 'ApiKeyRevoked'>): OtaEvent {
    const id = deriveId('evt', org, key_id, fact.type);
    return toEvent(laneOf(org, key_id), fact, { id, source: '/firmware-registry', time: this.now().toISOString() });
  }
}

function laneOf(org: string, key_id: string): Lane {
  return { org, entity: 'access', entity_id: key_id };
}

function checkExpiry(expires_at: string | undefined, now: Date): void {
  if (expires_at === undefined) return;
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + EXPIRY_MAX_Y);
  const at = Date.parse(expires_at);
  if (at > now.getTime() && at <= latest.getTime()) return;
  throw new Refused('invalid-request', `expires_at must be ahead, by ${EXPIRY_MAX_Y} years at most`);
}
