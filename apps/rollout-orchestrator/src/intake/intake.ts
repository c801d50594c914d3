import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, type OtaEvent } from '@edgeflow/contracts';
import { onFreshLanes, type EventLog, type InboxMessage } from '@edgeflow/event-log';
import { isDatabaseDown } from '@edgeflow/fold';
import { logger } from '@edgeflow/telemetry';
import { requestsTakenIn } from '../metrics.js';
import type { Requests } from '../requests/requests.js';
import { Budget, type Allowance } from './budget.js';
import { readRequest } from './read-request.js';
import { refusalOf } from './refusal.js';

/** What fails so often for reasons of its own is refused: it must not keep those behind it waiting. */
const ATTEMPTS = 3;
/** How long one message may wait for the budget, in milliseconds: far less than until the inbox hands it out again. */
const PATIENCE_MS = 5_000;
/** Refusals that are stored of messages under one id; further ones are answered all the same. */
const REFUSALS = 20;

/** Takes in the requests of one organization: each becomes an event of the log, or is refused with a code. */
export class Intake {
  private readonly budget: Budget;
  /** Refusals that were not stored since the last one that was. */
  private suppressed = 0;

  constructor(
    private readonly log: EventLog,
    private readonly requests: Requests,
    perMinute: Allowance,
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
      const { before } = await this.requests.put(readRequest(message));
      requestsTakenIn.inc({ outcome: before ? 'again' : 'stored' });
    } catch (error) {
      await this.refuseOrDrop(message, refusedBy(error, message), at);
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
    if (this.budget.pays(body.length, Date.now())) return true;
    const wait = this.budget.wait(body.length, Date.now());
    if (behind > 0 || wait > PATIENCE_MS) return false;
    await sleep(Math.ceil(wait));
    this.budget.charge(body.length);
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
    const stored = await onFreshLanes(() => this.store(event));
    if (stored) this.suppressed = 0;
    // What is stored now is answered when it is folded, like any answer, unless its lane has another id.
    if (!stored || event.entity_id !== message.request_id) this.answer(message, event);
  }

  /** @returns false when it is there already, or its lane has enough of them */
  private async store(event: OtaEvent<'RequestRefused'>): Promise<boolean> {
    // Also of what cannot be read in the lane, if anything ever cannot.
    const after = await this.log.lastPosition(event);
    const seen = after === 0 ? [] : await this.log.read(event);
    if (seen.length >= REFUSALS || seen.some(({ id }) => id === event.id)) return false;
    await this.log.append([event], { after });
    return true;
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
const PASSING = ['log-unavailable', 'read-model-behind', 'database-unavailable', 'conflict'];

function isPassing(error: unknown): boolean {
  return isDatabaseDown(error) || (error instanceof Refused && PASSING.includes(error.code));
}
