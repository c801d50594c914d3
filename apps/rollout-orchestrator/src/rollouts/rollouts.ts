import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  Refused,
  deriveId,
  errorTable,
  type ErrorCode,
  type Fact,
  type RolloutAction,
  type RolloutSpec,
  type StoredEvent,
} from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import type { Caller } from '@edgeflow/identity';
import { parseSpec, rolloutIdOf } from '@edgeflow/rollout';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { OrchestratorConfig } from '../config.js';
import { awaitAnswer } from '../requests/await-answer.js';
import { Requests, type Asked } from '../requests/requests.js';
import { checkedWindow } from './checked-window.js';
import { makePlan } from './plan.js';
import type { PlanAnswer, RequestAnswer, RolloutAnswer } from './rollout.dto.js';
import { rolloutLane } from './rollout-lane.js';

/** Which request asks for which action. */
const REQUESTS = {
  pause: 'RolloutPauseRequested',
  resume: 'RolloutResumeRequested',
  abort: 'RolloutAbortRequested',
  approve: 'RolloutApproveRequested',
  retry: 'RolloutRetryRequested',
  rollback: 'RollbackRequested',
} as const satisfies Record<RolloutAction, Fact['type']>;

/** Puts requests about rollouts on the log, and tells the caller what was decided. */
@Injectable()
export class Rollouts {
  constructor(
    private readonly log: EventLog,
    private readonly requests: Requests,
    private readonly database: DataSource,
    @Inject(OrchestratorConfig) private readonly config: OrchestratorConfig,
  ) {}

  /**
   * Asks for a rollout and waits for its plan, at most DECISION_WAIT_MS.
   * @throws Refused `invalid-request`, or `device-unknown` of all named devices, before anything is written, else the code of the rejection
   */
  async request(caller: Caller, body: unknown, idempotencyKey?: string): Promise<RolloutAnswer> {
    const { spec, reason } = wishIn(body);
    const request_id = this.requests.idFor(caller.org, idempotencyKey);
    const data = { ...spec, ...(reason !== undefined && { reason }), requested_by: caller.subject.slice(0, 256) };
    const asked = await this.requests.ask(caller.org, request_id, { type: 'RolloutRequested', data });
    return this.decided(caller.org, rolloutIdOf(caller.org, request_id), asked);
  }

  /** What the rollout would be if it were asked for now. Nothing is written. @throws Refused as `request` does */
  async plan(caller: Caller, body: unknown): Promise<PlanAnswer> {
    const { spec } = wishIn(body);
    const id = deriveId('rol', randomUUID());
    const wish = { request_id: id, spec, ref: { id, correlation_id: id } };
    const { accepted } = await makePlan(this.database, { org: caller.org, rollout_id: id }, wish, this.log.clock.now());
    const { eligible, excluded, waves } = accepted;
    return { version: spec.version, eligible, excluded, waves: waves.map((wave, index) => ({ index, ...wave })) };
  }

  /**
   * Asks for an action on a rollout and waits for the decision.
   * @throws Refused `rollout-unknown`, `action-not-allowed`
   */
  async act(
    caller: Caller,
    rollout_id: string,
    action: RolloutAction,
    { reason, idempotencyKey }: { reason?: string | undefined; idempotencyKey?: string | undefined },
  ): Promise<RolloutAnswer> {
    const { org } = caller;
    await this.assertKnown(org, rollout_id);
    const data = { rollout_id, ...who(caller), ...(reason !== undefined && { reason }) };
    const request_id = this.requests.idFor(org, idempotencyKey);
    const asked = await this.requests.ask(org, request_id, { type: REQUESTS[action], data });
    return this.decided(org, rollout_id, asked);
  }

  /**
   * Sets the maintenance window of a fleet, or takes it away.
   * @throws Refused `invalid-request`
   */
  async setWindow(caller: Caller, fleet: string, window: unknown, idempotencyKey?: string): Promise<RequestAnswer> {
    const data = { fleet, ...who(caller), ...(window !== undefined && { window: checkedWindow(window) }) };
    const request_id = this.requests.idFor(caller.org, idempotencyKey);
    const { position } = await this.requests.ask(caller.org, request_id, { type: 'FleetWindowRequested', data });
    return { request_id, position };
  }

  /** A rollout exists from its request on; the log knows it first, the fold knows it while it is not decided. */
  private async assertKnown(org: string, rollout_id: string): Promise<void> {
    if ((await this.log.lastPosition(rolloutLane({ org, rollout_id }))) > 0) return;
    if (await this.database.manager.existsBy(RolloutRow, { org, rollout_id })) return;
    throw new Refused('rollout-unknown', undefined, { rollout_id });
  }

  private async decided(org: string, rollout_id: string, asked: Asked): Promise<RolloutAnswer> {
    const { request_id } = asked;
    const lane = rolloutLane({ org, rollout_id });
    const answer = await awaitAnswer(this.log, lane, asked, this.config.DECISION_WAIT_MS);
    const ids = { rollout_id, request_id };
    if (!answer) return { ...ids, position: asked.position, status: 'requested' };
    if (answer.type === 'RolloutRejected' || answer.type === 'RolloutActionRefused') throw refusalOf(answer);
    return { ...ids, position: answer.position, status: 'decided' };
  }
}

function who({ subject, roles }: Caller): { requested_by: string; role: string } {
  return { requested_by: subject.slice(0, 256), role: roles.join(' ') };
}

/** @throws Refused `invalid-request` with the first thing that is wrong, in words */
function wishIn(body: unknown): { spec: RolloutSpec; reason: string | undefined } {
  const spec = parseSpec(body, ['reason']);
  const { reason } = body as { reason?: unknown };
  if (reason === undefined) return { spec, reason };
  if (typeof reason === 'string' && reason.length <= 1024) return { spec, reason };
  throw new Refused('invalid-request', 'reason must be a text of at most 1,024 characters');
}

function refusalOf({ data, position }: StoredEvent<'RolloutRejected' | 'RolloutActionRefused'>): Refused {
  const { code, detail, rollout_id, request_id } = data;
  const known: ErrorCode = Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'conflict';
  return new Refused(known, detail, { rollout_id, request_id, position });
}
