import { Inject, Injectable } from '@nestjs/common';
import { Refused, deriveId, laneSubject, toEvent, type KeyStatement } from '@edgeflow/contracts';
import { EventLog, onFreshLanes } from '@edgeflow/event-log';
import { decideTrust, evolveTrust, trustLane, trustedKey, type Trust, type TrustCommand } from '@edgeflow/firmware';
import { readKeyStatement } from '@edgeflow/identity';
import { trustOf } from './trust-lane.js';
import { CLOCK, type Clock } from '../clock.js';

/** What a change of an organization's trust has led to. */
export interface Changed {
  /** False when it was so already. */
  changed: boolean;
  trust: Trust;
  position: number;
}

/** What the organizations trust: reads the lane, decides, appends. Only this service writes here. */
@Injectable()
export class Trusted {
  constructor(
    private readonly log: EventLog,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  /** What an organization trusts now. @throws Refused `log-unavailable` */
  of(org: string): Promise<Trust> {
    return trustOf(this.log, org);
  }

  /** What a statement by a trusted key says. @throws Refused `signature-invalid`, `signing-key-unknown`, `signing-key-revoked` */
  async statement(org: string, compact: string): Promise<KeyStatement> {
    const trust = await this.of(org);
    return (await readKeyStatement(compact, (kid) => trustedKey(trust, kid))).statement;
  }

  /** @throws Refused what `decideTrust` refuses, `conflict`, `log-full`, `log-unavailable` */
  change(org: string, command: TrustCommand): Promise<Changed> {
    return onFreshLanes(() => this.tryOnce(org, command));
  }

  private async tryOnce(org: string, command: TrustCommand): Promise<Changed> {
    const trust = await this.of(org);
    const facts = decideTrust(command, trust);
    if (facts instanceof Refused) throw facts;
    const [fact] = facts;
    if (!fact) return { changed: false, trust, position: trust.position };
    const lane = trustLane(org);
    const id = deriveId('evt', laneSubject(lane), fact.type, String(trust.position));
    const event = toEvent(lane, fact, { id, source: '/firmware-registry', time: this.now().toISOString() });
    const { last } = await this.log.append([event], { after: trust.position });
    return { changed: true, trust: evolveTrust(trust, { ...event, position: last }), position: last };
  }
}
