import { Refused, given, updateStream } from '@edgeflow/contracts';
import type { Caller } from '@edgeflow/identity';
import type { CancelAnswer, CancelBody } from '../http/cancel.dto.js';
import type { OrchestratorConfig } from '../orchestrator.config.js';
import { refusalIn } from './decision-watch.js';
import { requestedBy } from './requested-by.js';
import type { Requests } from './requests.js';

/** Takes single updates back, whoever wanted them, and tells the caller what was decided. */
export class Cancels {
  constructor(
    private readonly requests: Requests,
    private readonly config: OrchestratorConfig,
  ) {}

  /**
   * Appends UpdateCancelRequested and waits for the decision, at most DECISION_WAIT_MS.
   * @throws Refused `update-unknown`, `update-ended`, `update-installing`; `request-exists` when the key was used for another request
   */
  async request(
    caller: Caller,
    update_id: string,
    { reason, force }: CancelBody,
    idempotencyKey?: string,
  ): Promise<CancelAnswer> {
    const { org } = caller;
    const data = { update_id, ...requestedBy(caller), ...given({ reason, force }) };
    const request_id = this.requests.idFor(org, idempotencyKey);
    const asked = await this.requests.ask(org, request_id, { type: 'UpdateCancelRequested', data });
    const { device_id } = asked;
    if (device_id === undefined) throw new Refused('update-unknown', undefined, { update_id });
    const stream = updateStream({ org, device_id });
    const answer = await this.requests.answer(stream, asked, this.config.DECISION_WAIT_MS);
    const ids = { update_id, request_id };
    if (answer?.type === 'UpdateCancelRefused') throw refusalIn(answer, { update_id });
    if (answer?.type !== 'UpdateCancelled') return { ...ids, position: asked.position, status: 'requested' };
    const status = answer.data.code === 'abandoned' ? 'abandoned' : 'cancelled';
    return { ...ids, position: answer.position, status };
  }
}
