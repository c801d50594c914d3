import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import {
  Refused,
  deriveId,
  isRequest,
  toEvent,
  type Fact,
  type Lane,
  type OtaEvent,
  type RequestName,
} from '@edgeflow/contracts';
import { EventLog, hasMovedOn } from '@edgeflow/event-log';
import { KnownDevices } from './known-devices.js';
import { windowChanged } from './window-changed.js';

const SOURCE = '/rollout-orchestrator';

/** Where a request's event stands, and whether it was there before. */
export interface Asked {
  request_id: string;
  position: number;
  before: boolean;
}

/** Puts what callers ask for on the log, each on a request lane of its own. */
@Injectable()
export class Requests {
  constructor(
    private readonly log: EventLog,
    private readonly known: KnownDevices,
  ) {}

  /** The id of a caller's request. @param idempotencyKey makes it, so that a repeated call is the same request */
  idFor(org: string, idempotencyKey?: string): string {
    return idempotencyKey ? deriveId('req', org, idempotencyKey) : deriveId('req', randomUUID());
  }

  /** Appends a caller's request, unless it is there already. @throws Refused as `put` does */
  ask(org: string, request_id: string, fact: Fact<RequestName>): Promise<Asked> {
    const about = { id: deriveId('evt', org, request_id), source: SOURCE, time: this.log.clock.now().toISOString() };
    return this.put(toEvent({ org, entity: 'request', entity_id: request_id }, fact, about));
  }

  /**
   * Appends a request's event, unless it is there already, with its answer where that is known at once.
   * @throws Refused `request-exists` when the id is in use for another wish, `target-empty` when it names devices and none is
   *   registered, `too-many-requests` when its device has enough that wait, `read-model-behind`, `log-unavailable`, `log-full`
   */
  async put(event: OtaEvent<RequestName>): Promise<Asked> {
    if (namesDevices(event)) {
      // Up to 10,000 of them: a repetition is not sent again, and what nobody could be told is not stored.
      if ((await this.log.lastPosition(event)) > 0) return this.same(event);
      await this.known.check(event.org, event.data);
    }
    const device_id = deviceOf(event);
    if (device_id !== undefined && !(await this.known.hasRoom(event.org, device_id))) {
      if ((await this.log.lastPosition(event)) > 0) return this.same(event);
      throw new Refused('too-many-requests', 'Too many requests for the device wait for a decision.', { device_id });
    }
    try {
      const { last, duplicate } = await this.log.append(withAnswer(event, this.log.clock.now()), { after: 0 });
      return duplicate ? await this.same(event) : { request_id: event.entity_id, position: last, before: false };
    } catch (error) {
      if (hasMovedOn(error)) return this.same(event);
      throw error;
    }
  }

  private async same(event: OtaEvent<RequestName>): Promise<Asked> {
    const stored = (await this.log.read(event as Lane)).find(isRequest);
    // What is there may also be in words that this build does not know.
    if (stored?.type !== event.type || !isDeepStrictEqual(wishIn(event), wishIn(stored))) {
      throw new Refused('request-exists', 'The id was used for another request.', { request_id: event.entity_id });
    }
    return { request_id: event.entity_id, position: stored.position, before: true };
  }
}

function namesDevices(event: OtaEvent<RequestName>): event is OtaEvent<'RolloutRequested'> {
  return event.type === 'RolloutRequested' && event.data.target.devices !== undefined;
}

/** The one device that a request is for. */
function deviceOf({ data }: OtaEvent<RequestName>): string | undefined {
  return 'device_id' in data ? data.device_id : undefined;
}

function withAnswer(event: OtaEvent<RequestName>, at: Date): OtaEvent[] {
  if (event.type !== 'FleetWindowRequested') return [event];
  const { org, entity_id: request_id } = event;
  const fact = windowChanged(request_id, event.data);
  const id = deriveId('evt', org, request_id, fact.type);
  return [event, toEvent(event, fact, { id, source: SOURCE, time: at.toISOString(), cause: event })];
}

/** Whoever of the same organization asks again asks for the same. */
function wishIn({ data }: OtaEvent): object {
  const { requested_by: _by, role: _role, ...wish } = data as unknown as Record<string, unknown>;
  return wish;
}
