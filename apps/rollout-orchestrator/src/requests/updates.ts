import { Inject, Injectable } from '@nestjs/common';
import type { Fact, RequestName } from '@edgeflow/contracts';
import { updateIdOf } from '@edgeflow/device-update';
import { EventLog } from '@edgeflow/event-log';
import type { Caller } from '@edgeflow/identity';
import { OrchestratorConfig } from '../config.js';
import { watchDecision } from './decision-watch.js';
import { Requests } from './requests.js';
import type { UpdateAnswer, UpdateRequestBody } from './update.dto.js';

/** Puts requests for single devices on the log, and tells the caller what was decided. */
@Injectable()
export class Updates {
  constructor(
    private readonly log: EventLog,
    private readonly requests: Requests,
    @Inject(OrchestratorConfig) private readonly config: OrchestratorConfig,
  ) {}

  /**
   * Appends UpdateRequested and waits for the decision, at most DECISION_WAIT_MS.
   * @param idempotencyKey makes the request's id, so that a repeated call is the same request
   * @throws Refused with the code of the rejection; `request-exists` when the key was used for another wish
   */
  request(caller: Caller, wish: UpdateRequestBody, idempotencyKey?: string): Promise<UpdateAnswer> {
    const data = { ...wish, requested_by: caller.subject };
    return this.decided(caller.org, wish.device_id, { type: 'UpdateRequested', data }, idempotencyKey);
  }

  /**
   * Asks for a device's way back to its last known good version, and waits for the decision.
   * @throws Refused as `request` does; `no-good-version` when the log knows no earlier one
   */
  rollback(caller: Caller, device_id: string, reason?: string, idempotencyKey?: string): Promise<UpdateAnswer> {
    const data = {
      ...{ device_id, requested_by: caller.subject, role: caller.roles.join(' ') },
      ...(reason !== undefined && { reason }),
    };
    return this.decided(caller.org, device_id, { type: 'RollbackRequested', data }, idempotencyKey);
  }

  private async decided(
    org: string,
    device_id: string,
    fact: Fact<RequestName>,
    idempotencyKey?: string,
  ): Promise<UpdateAnswer> {
    const request_id = this.requests.idFor(org, idempotencyKey);
    const update_id = updateIdOf(org, request_id, device_id);
    const decision = watchDecision(this.log, { org, device_id, update_id });
    try {
      const asked = await this.requests.ask(org, request_id, fact);
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
}
