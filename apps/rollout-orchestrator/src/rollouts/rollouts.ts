import {
  Refused,
  given,
  rolloutStream,
  type DataOf,
  type ErrorCode,
  type Fact,
  type RolloutAction,
  type RolloutSpec,
  type StoredEvent,
} from '@edgeflow/contracts';
import type { FoldDatabase } from '@edgeflow/fold';
import type { EventLog } from '@edgeflow/event-log';
import type { Caller } from '@edgeflow/identity';
import { checkAmendment, parseSpec, rolloutIdOf } from '@edgeflow/rollout';
import { RolloutRow } from '@edgeflow/rollout-rows';
import type { OrchestratorConfig } from '../orchestrator.config.js';
import { checkStart } from '../requests/checked-timing.js';
import { requestedBy } from '../requests/requested-by.js';
import { refusalIn } from '../requests/decision-watch.js';
import type { Asked } from '../requests/await-answer.js';
import type { Requests } from '../requests/requests.js';
import { checkedWindow } from './checked-window.js';
import { makePlan } from './plan.js';
import type { PlanAnswer, RequestAnswer, RolloutAnswer } from '../http/rollouts.dto.js';

/** Which request asks for which action. */
const REQUESTS = {
  pause: 'RolloutPauseRequested',
  resume: 'RolloutResumeRequested',
  abort: 'RolloutAbortRequested',
  approve: 'RolloutApproveRequested',
  retry: 'RolloutRetryRequested',
  rollback: 'RollbackRequested',
  skip: 'RolloutSkipRequested',
  amend: 'RolloutAmendRequested',
} as const satisfies Record<RolloutAction, Fact['type']>;

/** What a plan is refused for that other devices make good. */
const BY_DEVICES: readonly string[] = ['target-empty', 'window-never-opens'] satisfies ErrorCode[];

type ActionRequest = Fact<(typeof REQUESTS)[RolloutAction]>;

/** Puts requests about rollouts on the log, and tells the caller what was decided. */
export class Rollouts {
  constructor(
    private readonly log: EventLog,
    private readonly requests: Requests,
    private readonly database: FoldDatabase,
    private readonly config: OrchestratorConfig,
  ) {}

  /**
   * Asks for a rollout and waits for its plan, at most DECISION_WAIT_MS.
   * @throws Refused `invalid-request`, or `device-unknown` of all named devices, before anything is written, else the code of the rejection
   */
  async request(caller: Caller, body: unknown, idempotencyKey?: string): Promise<RolloutAnswer> {
    const { spec, reason } = requestedIn(body);
    await this.requests.checkNew(caller.org, idempotencyKey, () => checkStart(spec, this.log.clock.now()));
    const request_id = this.requests.idFor(caller.org, idempotencyKey);
    const data = { ...spec, ...given({ reason }), requested_by: caller.subject.slice(0, 256) };
    const asked = await this.requests.ask(caller.org, request_id, { type: 'RolloutRequested', data });
    return this.decided(caller.org, rolloutIdOf(caller.org, request_id), asked);
  }

  /** What the rollout would be if it were asked for now. Nothing is written. @throws Refused as `request` does */
  async plan(caller: Caller, body: unknown): Promise<PlanAnswer> {
    const { spec } = requestedIn(body);
    checkStart(spec, this.log.clock.now());
    const id = this.log.ids.next('rol');
    const request = { request_id: id, spec, ref: { id, correlation_id: id } };
    const of = { org: caller.org, rollout_id: id };
    const make = () => makePlan(this.database, of, request, this.log.clock.now());
    const { accepted } = await make().catch(async (error: unknown) => {
      if (!(error instanceof Refused) || !BY_DEVICES.includes(error.code)) throw error;
      // Who registered the devices just now is not to be told that there are none, or none that can be told.
      await this.requests.caughtUp();
      return make();
    });
    const { eligible, excluded, warnings = {}, no_way_back, waves, overlaps = [] } = accepted;
    const numbered = waves.map((wave, index) => ({ index, ...wave }));
    const foreseen = { warnings, ...given({ no_way_back }), overlaps };
    return { version: spec.version, eligible, excluded, ...foreseen, waves: numbered };
  }

  /**
   * Asks for an action on a rollout and waits for the decision.
   * @param about what the action is about, beside its rollout: members of its request
   * @throws Refused `rollout-unknown`, `action-not-allowed`, and what the decision says is wrong with what is asked for
   */
  async act(
    caller: Caller,
    rollout_id: string,
    action: RolloutAction,
    { reason, idempotencyKey }: { reason?: string | undefined; idempotencyKey?: string | undefined },
    about: { wave?: number; amend?: Record<string, unknown> } = {},
  ): Promise<RolloutAnswer> {
    const { org } = caller;
    await this.assertKnown(org, rollout_id);
    const data = { rollout_id, ...requestedBy(caller), ...given({ reason }), ...about };
    const request_id = this.requests.idFor(org, idempotencyKey);
    const asked = await this.requests.ask(org, request_id, { type: REQUESTS[action], data } as ActionRequest);
    return this.decided(org, rollout_id, asked);
  }

  /**
   * Asks that a rollout goes on with what the body has changed.
   * @throws Refused as `act`; `not-amendable` and `invalid-request` before anything is written
   */
  amend(caller: Caller, rollout_id: string, body: object, idempotencyKey?: string): Promise<RolloutAnswer> {
    const { reason: said, ...amend } = body as { reason?: unknown } & Record<string, unknown>;
    const reason = checkedReason(said);
    if (reason === undefined || reason.trim() === '') throw new Refused('reason-required');
    checkAmendment(amend);
    return this.act(caller, rollout_id, 'amend', { reason, idempotencyKey }, { amend });
  }

  /** Sets the maintenance window of a fleet. @throws Refused `invalid-request`, also when there is none */
  async setWindow(caller: Caller, fleet: string, window: unknown): Promise<RequestAnswer> {
    return this.changeWindow(caller, { fleet, window: checkedWindow(window) });
  }

  /** Takes the maintenance window of a fleet away. @throws Refused `window-unknown` for a fleet without one */
  clearWindow(caller: Caller, fleet: string): Promise<RequestAnswer> {
    return this.changeWindow(caller, { fleet });
  }

  private async changeWindow(
    caller: Caller,
    change: Pick<DataOf<'FleetWindowRequested'>, 'fleet' | 'window'>,
  ): Promise<RequestAnswer> {
    const data = { ...change, ...requestedBy(caller) };
    const request_id = this.requests.idFor(caller.org);
    const { position } = await this.requests.ask(caller.org, request_id, { type: 'FleetWindowRequested', data });
    return { request_id, position };
  }

  /** A rollout exists from its request on; the log knows it first, the fold knows it while it is not decided. */
  private async assertKnown(org: string, rollout_id: string): Promise<void> {
    if ((await this.log.lastPosition(rolloutStream({ org, rollout_id }))) > 0) return;
    const isInRows = () => this.database.rows.exists(RolloutRow, { org, rollout_id });
    if (await isInRows()) return;
    // Whoever was asked where its stream ends may be behind.
    await this.requests.caughtUp();
    if (await isInRows()) return;
    throw new Refused('rollout-unknown', undefined, { rollout_id });
  }

  private async decided(org: string, rollout_id: string, asked: Asked): Promise<RolloutAnswer> {
    const { request_id } = asked;
    const stream = rolloutStream({ org, rollout_id });
    const answer = await this.requests.answer(stream, asked, this.config.DECISION_WAIT_MS);
    const ids = { rollout_id, request_id };
    if (!answer) return { ...ids, position: asked.position, status: 'requested' };
    if (answer.type === 'RolloutRejected' || answer.type === 'RolloutActionRefused')
      throw refusalIn(answer, { rollout_id });
    return { ...ids, position: answer.position, status: 'decided', ...foreseenIn(answer) };
  }
}

/** @throws Refused `invalid-request` with the first thing that is wrong, in words */
function requestedIn(body: unknown): { spec: RolloutSpec; reason: string | undefined } {
  const spec = parseSpec(body, ['reason']);
  const { reason } = body as { reason?: unknown };
  return { spec, reason: checkedReason(reason) };
}

/** @throws Refused `invalid-request` for what is no reason; none at all is no fault here */
function checkedReason(reason: unknown): string | undefined {
  if (reason === undefined || (typeof reason === 'string' && reason.length <= 1024)) return reason;
  const fault = reason === null ? 'must not be null' : 'must be a text of at most 1,024 characters';
  throw new Refused('invalid-request', `reason ${fault}`);
}

/** What is known beforehand of the devices of a rollout that was accepted, or whose failures roll it back from now on. */
function foreseenIn(answer: StoredEvent): Pick<RolloutAnswer, 'warnings' | 'no_way_back' | 'overlaps'> {
  if (answer.type === 'RolloutAmended') return given({ no_way_back: answer.data.no_way_back });
  if (answer.type !== 'RolloutAccepted') return {};
  const { warnings = {}, no_way_back, overlaps = [] } = answer.data;
  return { warnings, ...given({ no_way_back }), overlaps };
}
