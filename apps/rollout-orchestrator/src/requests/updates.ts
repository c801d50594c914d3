import { given } from '@edgeflow/contracts';
import type { Fact, RequestName } from '@edgeflow/contracts';
import { updateIdOf } from '@edgeflow/device-update';
import type { EventLog } from '@edgeflow/event-log';
import type { Caller } from '@edgeflow/identity';
import type { Machine } from '@edgeflow/runtime';
import type { OrchestratorConfig } from '../orchestrator.config.js';
import { checkTiming } from './checked-timing.js';
import { watchDecision } from './decision-watch.js';
import { requestedBy } from './requested-by.js';
import type { Requests } from './requests.js';
import type { UpdateAnswer, UpdateRequestBody } from '../http/updates.dto.js';

/** Puts requests for single devices on the log, and tells the caller what was decided. */
export class Updates {
  constructor(
    private readonly log: EventLog,
    private readonly requests: Requests,
    private readonly config: OrchestratorConfig,
    private readonly machine: Machine,
  ) {}

  /**
   * Appends UpdateRequested and waits for the decision, at most DECISION_WAIT_MS.
   * @param idempotencyKey makes the request's id, so that a repeated call is the same request
   * @throws Refused with the code of the rejection; `request-exists` when the key was used for another request
   */
  async request(caller: Caller, request: UpdateRequestBody, idempotencyKey?: string): Promise<UpdateAnswer> {
    const { org } = caller;
    const { requested_by, role } = requestedBy(caller);
    await this.requests.checkNew(org, idempotencyKey, () => checkTiming(request, this.log.clock.now()));
    // What its role is stands where that is why it may.
    const allowed = request.ignore_window === true ? { role } : {};
    // Plain, as it comes back from the log: the same request is the same.
    const window = request.window && { window: { ...request.window } };
    const data = { ...request, ...window, requested_by, ...allowed };
    return this.decided(org, request.device_id, { type: 'UpdateRequested', data }, idempotencyKey);
  }

  /**
   * Asks for a device's rollback to its last known good version, and waits for the decision.
   * @throws Refused as `request` does; `no-good-version` when the log knows no earlier one
   */
  rollback(caller: Caller, device_id: string, reason?: string, idempotencyKey?: string): Promise<UpdateAnswer> {
    const data = { device_id, ...requestedBy(caller), ...given({ reason }) };
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
    const decision = watchDecision({ log: this.log, clock: this.machine.clock }, { org, device_id, update_id });
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
