import { Refused, requestStream } from '@edgeflow/contracts';
import type { EventStream, Fact, OtaEvent, RequestName, StoredEvent } from '@edgeflow/contracts';
import { handle, untilSeen, type EventLog } from '@edgeflow/event-log';
import type { Fold } from '@edgeflow/fold';
import type { Machine } from '@edgeflow/runtime';
import { SOURCE, write } from '../source.js';
import { awaitAnswer, type Asked } from './await-answer.js';
import { KnownDevices } from './known-devices.js';
import { requestDecider } from './request.decider.js';

/** Puts what callers ask for on the log, each on a request stream of its own. */
export class Requests {
  constructor(
    private readonly log: EventLog,
    private readonly known: KnownDevices,
    private readonly fold: Pick<Fold, 'hurry'>,
    private readonly machine: Machine,
  ) {}

  /** The id of a caller's request. @param idempotencyKey makes it, so that a repeated call is the same request */
  idFor(org: string, idempotencyKey?: string): string {
    const { ids } = this.log;
    return idempotencyKey ? ids.derive('req', org, idempotencyKey) : ids.next('req');
  }

  /** Looks at a request, unless it is there already: what was to come may have come since. @throws Refused what `check` throws */
  async checkNew(org: string, idempotencyKey: string | undefined, check: () => void): Promise<void> {
    try {
      check();
    } catch (error) {
      const stream = idempotencyKey && requestStream(org, this.idFor(org, idempotencyKey));
      if (!stream || (await this.log.lastPosition(stream)) === 0) throw error;
    }
  }

  /** Resolves when whoever asks now is answered from all that happened before. @throws Refused `read-model-behind` */
  caughtUp(): Promise<void> {
    return this.known.caughtUp();
  }

  /** Appends the request of a caller who waits for what is decided on it, unless it is there already. @throws Refused as `put` does */
  async ask(org: string, request_id: string, fact: Fact<RequestName>): Promise<Asked> {
    const occasion = { key: [org, request_id], at: this.log.clock.now() };
    const asked = await this.put(write(requestStream(org, request_id), fact, occasion));
    this.fold.hurry(asked.position);
    return asked;
  }

  /**
   * Appends a request's event, unless it is there already, with its answer where that is known at once.
   * @throws Refused `request-exists` when the id is in use for another request, `target-empty` when it names devices and none is
   *   registered, `too-many-requests` when its device has enough that wait, `update-unknown` when it takes back an update that there is not,
   *   `window-unknown` when it takes away the window of a fleet that has none,   `read-model-behind`, `log-unavailable`, `log-full`
   */
  async put(asked_for: OtaEvent<RequestName>): Promise<Asked> {
    const event = asked_for.type === 'UpdateCancelRequested' ? await this.addressed(asked_for) : asked_for;
    const isNew = await this.isAdmitted(event);
    const asked = isNew ? await this.handle(event, true) : undefined;
    return asked ?? this.there(event);
  }

  /** The event that answers a request on a stream, as `awaitAnswer` has it; undefined when there was none within `ms`. */
  answer(stream: EventStream, asked: Asked, ms: number): Promise<StoredEvent | undefined> {
    return awaitAnswer({ log: this.log, clock: this.machine.clock }, stream, asked, ms);
  }

  /** The request with the device whose update it takes back. One that is there already is not looked up again. */
  private async addressed(event: OtaEvent<'UpdateCancelRequested'>): Promise<OtaEvent<'UpdateCancelRequested'>> {
    try {
      const device_id = await this.known.ownerOf(event.org, event.data);
      return { ...event, data: { ...event.data, device_id } };
    } catch (error) {
      if ((await this.log.lastPosition(event)) > 0) return event;
      throw error;
    }
  }

  /**
   * @param fresh true to take the stream for empty
   * @returns undefined when an event of this id was there that nobody has looked at
   */
  private async handle(event: OtaEvent<RequestName>, fresh: boolean): Promise<Asked | undefined> {
    const { org, entity_id: request_id, type, data } = event;
    const command = { type: 'Ask', request_id, fact: { type, data } as Fact<RequestName> } as const;
    const as = ([, ...answers]: OtaEvent[]): OtaEvent[] => [event, ...answers];
    const about = { by: SOURCE, cause: event, fresh, as };
    const handled = await handle(this.log, requestDecider, requestStream(org, request_id), command, about);
    if (handled.duplicate) return undefined;
    const [{ request }] = handled.states;
    const before = handled.facts.length === 0;
    const stored = request.status === 'asked' ? request : undefined;
    const position = (before ? stored?.position : undefined) ?? handled.position;
    return { request_id, position, before, device_id: deviceOf(stored?.fact ?? event) };
  }

  /** What is there under the id of an event, which may ask for something else. @throws Refused `log-unavailable` while nobody who is asked has it */
  private async there(event: OtaEvent<RequestName>): Promise<Asked> {
    const asked = await untilSeen(() => this.handle(event, false), this.machine.clock);
    if (asked) return asked;
    throw new Refused('log-unavailable', 'the request is stored, and cannot be read yet');
  }

  /** @returns false for one that is to be looked at first, since it is there already @throws Refused what must not come in */
  private async isAdmitted(event: OtaEvent<RequestName>): Promise<boolean> {
    const isThere = async (): Promise<boolean> => (await this.log.lastPosition(event)) > 0;
    if (namesDevices(event)) {
      // Up to 10,000 of them: a repetition is not sent again, and what nobody could be told is not stored.
      if (await isThere()) return false;
      await this.known.check(event.org, event.data);
    }
    if (takesWindowAway(event)) {
      if (await isThere()) return false;
      await this.known.checkWindow(event.org, event.data.fleet);
    }
    const device_id = deviceOf(event);
    if (device_id === undefined || (await this.known.hasRoom(event.org, device_id))) return true;
    if (await isThere()) return false;
    throw new Refused('too-many-requests', 'Too many requests for the device wait for a decision.', { device_id });
  }
}

function namesDevices(event: OtaEvent<RequestName>): event is OtaEvent<'RolloutRequested'> {
  return event.type === 'RolloutRequested' && event.data.target.devices !== undefined;
}

/** Of a fleet that has none somebody has misspelt the name. */
function takesWindowAway(event: OtaEvent<RequestName>): event is OtaEvent<'FleetWindowRequested'> {
  return event.type === 'FleetWindowRequested' && event.data.window === undefined;
}

/** The one device that a request is for. */
function deviceOf({ data }: Pick<OtaEvent<RequestName>, 'data'>): string | undefined {
  return 'device_id' in data ? data.device_id : undefined;
}
