import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { Refused, deriveId, toEvent, type OtaEvent } from '@edgeflow/contracts';
import { updateIdOf } from '@edgeflow/device-update';
import { AlreadyAppended, Conflict, EventLog } from '@edgeflow/event-log';
import type { Caller } from '@edgeflow/identity';
import { OrchestratorConfig } from './config.js';
import { watchDecision } from './decision-watch.js';
import type { UpdateAnswer, UpdateRequestBody } from './update.dto.js';

/** Puts requests for single updates on the log, and tells the caller what was decided. */
@Injectable()
export class Updates {
  constructor(
    private readonly log: EventLog,
    @Inject(OrchestratorConfig) private readonly config: OrchestratorConfig,
  ) {}

  /**
   * Appends UpdateRequested and waits for the decision, at most DECISION_WAIT_MS.
   * @param idempotencyKey makes the request's id, so that a repeated call is the same request
   * @throws Refused with the code of the rejection; `request-exists` when the key was used for another wish
   */
  async request(caller: Caller, wish: UpdateRequestBody, idempotencyKey?: string): Promise<UpdateAnswer> {
    const { org } = caller;
    const request_id = idempotencyKey ? deriveId('req', org, idempotencyKey) : deriveId('req', randomUUID());
    const update_id = updateIdOf(org, request_id, wish.device_id);
    const decision = watchDecision(this.log, { org, device_id: wish.device_id, update_id });
    try {
      const asked = await this.ask(caller, request_id, wish);
      if (asked.before) await decision.lookBack();
      const decided = await decision.within(this.config.DECISION_WAIT_MS);
      const ids = { update_id, request_id };
      if (!decided) return { ...ids, position: asked.position, status: 'requested' };
      if (decided.refusal) throw decided.refusal;
      return { ...ids, ...decided.answer };
    } finally {
      decision.stop();
    }
  }

  /** The position of the request's event, and whether it was there before. */
  private async ask(
    caller: Caller,
    request_id: string,
    wish: UpdateRequestBody,
  ): Promise<{ position: number; before: boolean }> {
    const lane = { org: caller.org, entity: 'request', entity_id: request_id } as const;
    const event = toEvent(
      lane,
      { type: 'UpdateRequested', data: { ...wish, requested_by: caller.subject } },
      { id: deriveId('evt', caller.org, request_id), source: '/rollout-orchestrator', time: new Date().toISOString() },
    );
    try {
      const { last, duplicate } = await this.log.append([event], { after: 0 });
      return duplicate ? await this.same(event) : { position: last, before: false };
    } catch (error) {
      if (error instanceof Conflict || error instanceof AlreadyAppended) return this.same(event);
      throw error;
    }
  }

  private async same(event: OtaEvent<'UpdateRequested'>): Promise<{ position: number; before: boolean }> {
    const stored = await this.log.last(event);
    if (!stored) throw new Refused('conflict');
    const { requested_by: _mine, ...wanted } = event.data;
    const { requested_by: _theirs, ...had } = stored.data as typeof event.data;
    if (!isDeepStrictEqual({ ...wanted }, { ...had })) {
      throw new Refused('request-exists', 'The idempotency key was used for another request.', {
        request_id: event.entity_id,
      });
    }
    return { position: stored.position, before: true };
  }
}
