import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Refused, deriveId, toEvent, type Fact, type OtaEvent } from '@edgeflow/contracts';
import { EventLog, hasMovedOn } from '@edgeflow/event-log';

/** Where a request's event stands, and whether it was there before. */
export interface Asked {
  request_id: string;
  position: number;
  before: boolean;
}

/** Puts what callers ask for on the log, each on a request lane of its own. */
@Injectable()
export class Requests {
  constructor(private readonly log: EventLog) {}

  /** The id of a caller's request. @param idempotencyKey makes it, so that a repeated call is the same request */
  idFor(org: string, idempotencyKey?: string): string {
    return idempotencyKey ? deriveId('req', org, idempotencyKey) : deriveId('req', randomUUID());
  }

  /**
   * Appends the request's event, unless it is there already.
   * @throws Refused `request-exists` when the id is in use for another wish, `log-unavailable`, `log-full`
   */
  async ask(org: string, request_id: string, fact: Fact): Promise<Asked> {
    const event = toEvent({ org, entity: 'request', entity_id: request_id }, fact, {
      id: deriveId('evt', org, request_id),
      source: '/rollout-orchestrator',
      time: new Date().toISOString(),
    });
    try {
      const { last, duplicate } = await this.log.append([event], { after: 0 });
      return duplicate ? await this.same(event) : { request_id, position: last, before: false };
    } catch (error) {
      if (hasMovedOn(error)) return this.same(event);
      throw error;
    }
  }

  private async same(event: OtaEvent): Promise<Asked> {
    const stored = await this.log.last(event);
    // Somebody is there in words that this build does not know.
    if (!stored) throw new Refused('request-exists', undefined, { request_id: event.entity_id });
    if (stored.type !== event.type || !isDeepStrictEqual(wishIn(event), wishIn(stored))) {
      throw new Refused('request-exists', 'The idempotency key was used for another request.', {
        request_id: event.entity_id,
      });
    }
    return { request_id: event.entity_id, position: stored.position, before: true };
  }
}

/** Whoever of the same organization asks again asks for the same. */
function wishIn({ data }: OtaEvent): object {
  const { requested_by: _by, role: _role, ...wish } = data as unknown as Record<string, unknown>;
  return wish;
}
