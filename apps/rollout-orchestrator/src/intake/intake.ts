import { Refused, requestStream, type OtaEvent } from '@edgeflow/contracts';
import { Budget, handle, type Amount, type EventLog, type InboxMessage } from '@edgeflow/event-log';
import { isDatabaseDown } from '@edgeflow/fold';
import type { Clock } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import { requestsTakenIn } from '../orchestrator.metrics.js';
import { requestDecider } from '../requests/request.decider.js';
import type { Requests } from '../requests/requests.js';
import { SOURCE } from '../source.js';
import { readRequest, type RequestEvent } from './read-request.js';
import { refusalOf } from './refusal.js';

/** What fails so often for reasons of its own is refused: it must not keep those behind it waiting. */
const ATTEMPTS = 3;
/** How long one message may wait for the budget, in milliseconds: far less than until the inbox hands it out again. */
const PATIENCE_MS = 5_000;

/** Takes in the requests of one organization: each becomes an event of the log, or is refused with a code. */
export class Intake {
  private readonly budget: Budget;
  /** Refusals that were not stored since the last one that was. */
  private suppressed = 0;

  constructor(
    private readonly log: EventLog,
    private readonly requests: Requests,
    perMinute: Amount,
    private readonly clock: Clock,
  ) {
    this.budget = new Budget(perMinute);
  }

  /** @throws what passes by itself, e.g. `log-unavailable`, or a log without room for a refusal: the message is to come again */
  async take(message: InboxMessage): Promise<void> {
    // Paid once, however often it is tried.
    const isPaid = message.attempt > 1 || (await this.pays(message));
    const at = this.log.clock.now();
    if (!isPaid) return this.suppress(message, at);
    try {
      const { before } = await this.requests.put(await this.read(message));
      requestsTakenIn.inc({ outcome: before ? 'again' : 'stored' });
    } catch (error) {
      await this.refuseOrDrop(message, refusedBy(error, message), at);
    }
  }

  /** Of one that is there already it is looked at whether it is the same, not at its start: that may have come since. @throws Refused */
  private async read(message: InboxMessage): Promise<RequestEvent> {
    try {
      return readRequest(message);
    } catch (error) {
      const again = readRequest(message, true);
      if ((await this.log.lastPosition(again)) === 0) throw error;
      return again;
    }
  }

  /** Whatever is wrong with one message, those behind it do not wait for it. */
  private async refuseOrDrop(message: InboxMessage, refusal: Refused, at: Date): Promise<void> {
    try {
      await this.refuse(message, refusal, at);
    } catch (error) {
      const isFull = error instanceof Refused && error.code === 'log-full';
      if (isFull || isPassing(error) || message.attempt < ATTEMPTS) throw error;
      requestsTakenIn.inc({ outcome: 'dropped' });
      const { org, type } = message;
      logger.error({ err: error, org, type }, 'a request that could not be taken in could not be refused either');
    }
  }

  /** A flood is told so at once; who is the last in the inbox waits a little: after a flood the next request is taken. */
  private async pays({ body, behind }: InboxMessage): Promise<boolean> {
    const cost = { messages: 1, bytes: body.length };
    const wait = this.budget.wait(cost, this.clock.steady_ms());
    if (wait > PATIENCE_MS || (wait > 0 && behind > 0)) return false;
    // What is missing after the waiting is rounding.
    if (wait > 0) await this.clock.sleep(Math.ceil(wait));
    this.budget.charge(cost);
    return true;
  }

  /** Answered and not stored, so that a flood costs little and leaves nothing. */
  private suppress(message: InboxMessage, at: Date): void {
    this.suppressed += 1;
    requestsTakenIn.inc({ outcome: 'suppressed' });
    const refusal = new Refused('too-many-requests', 'The organization’s budget of this minute is used up.');
    this.answer(message, refusalOf(message, refusal, { at }));
  }

  private async refuse(message: InboxMessage, refusal: Refused, at: Date): Promise<void> {
    const event = refusalOf(message, refusal, { at, suppressed: this.suppressed });
    requestsTakenIn.inc({ outcome: 'refused' });
    const stored = await this.store(event);
    if (stored) this.suppressed = 0;
    // What is stored now is answered when it is folded, like any answer, unless its stream has another id.
    if (!stored || event.entity_id !== message.request_id) this.answer(message, event);
  }

  /** @returns false when it is there already, or its stream has enough of them */
  private async store(event: OtaEvent<'RequestRefused'>): Promise<boolean> {
    const command = { type: 'Refuse', id: event.id, refusal: event.data } as const;
    const stream = requestStream(event.org, event.entity_id);
    const { facts } = await handle(this.log, requestDecider, stream, command, { by: SOURCE, as: () => [event] });
    return facts.length > 0;
  }

  /** Nobody may listen, and what is stored is to be read: an answer that cannot be sent keeps nothing from going on. */
  private answer({ request_id, org, type }: InboxMessage, event: OtaEvent): void {
    try {
      this.log.inboxes.answer(request_id, event);
    } catch (error) {
      logger.error({ err: error, org, type }, 'a refusal could not be sent to the team');
    }
  }
}

/** Why a message is refused. @throws the error when it passes by itself, or may yet */
function refusedBy(error: unknown, { org, request_id, attempt, ...message }: InboxMessage): Refused {
  if (isPassing(error)) throw error;
  if (error instanceof Refused) return error;
  if (attempt < ATTEMPTS) throw error;
  logger.error({ err: error, org, request_id, type: message.type }, 'a request could not be taken in and is refused');
  return new Refused('internal-error');
}

/** Not `log-full`: nothing new is taken then, and an abort that waits behind it is. A log that has no room for the refusal either is waited for. */
const PASSING = ['log-unavailable', 'log-diverged', 'read-model-behind', 'database-unavailable', 'conflict'];

function isPassing(error: unknown): boolean {
  return isDatabaseDown(error) || (error instanceof Refused && PASSING.includes(error.code));
}
