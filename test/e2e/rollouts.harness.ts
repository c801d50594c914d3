import { createHash } from 'node:crypto';
import { imageOf, StandaloneUnderTest, type Answer, type Role } from './standalone.harness.js';
import { TunnelFleet, type FleetOptions } from './tunnel-fleet.js';

/** Bytes of an image where only its being there matters. */
const IMAGE_BYTES = 4_096;

interface Wave {
  index: number;
  state: string;
  eligible: number;
  queued: number;
  in_flight: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
  superseded: number;
  reverted: number;
  percent: number;
}

/** A rollout as the query side answers it (docs/architecture.md, "What is fixed"). */
export interface Resource {
  rollout_id: string;
  version: string;
  state: string;
  percent: number;
  eligible: number;
  excluded: Record<string, number>;
  waves: Wave[];
  allowed_actions: string[];
  waiting_for: ({ reason: string } & Record<string, unknown>)[];
  position: number;
  succeeded: number;
  failed: number;
  superseded_by: string[];
  overlaps: Overlap[];
  no_way_back: null | Record<string, number>;
  rollback: null | {
    cause: string;
    gate: object | null;
    waves: Wave[];
    unavailable: Record<string, number>;
    incomplete: number;
    codes: Record<string, number>;
  };
}

export interface RolloutEvent {
  position: number;
  id: string;
  type: string;
  causation_id: string | null;
  data: Record<string, unknown>;
}

export interface Member {
  device_id: string;
  stage: string;
  status: string;
  wave: number | null;
  version: string | null;
  from_version: string | null;
  attempt: number;
  update_id: string | null;
  code: string | null;
}

export interface FailureGroup {
  code: string;
  devices: number;
  stage: string;
  example_device_ids: string[];
  example_detail: string | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

interface Problem {
  code?: string;
  detail?: string;
}

/** Another rollout that has devices of a plan. */
interface Overlap {
  rollout_id: string;
  version: string;
  state: string;
  devices: number;
}

/** What a dry run answers. */
export interface Plan extends Problem {
  eligible: number;
  excluded: Record<string, number>;
  no_way_back?: Record<string, number>;
  waves: { index: number; eligible: number; soak_s: number; success_percent?: number }[];
  overlaps: Overlap[];
}

/** Rollouts as an operator of an org sees and steers them, by HTTP alone. */
export class Rollouts {
  readonly fleets: TunnelFleet[] = [];

  constructor(
    readonly standalone: StandaloneUnderTest,
    readonly org = 'acme',
  ) {}

  static async start(): Promise<Rollouts> {
    return new Rollouts(await StandaloneUnderTest.start());
  }

  /** A fleet of its own model, so that tests do not see each other's devices, with images of these versions. */
  async fleet(name: string, versions = ['1.0.0', '2.0.0'], options: Partial<FleetOptions> = {}): Promise<TunnelFleet> {
    await Promise.all(versions.map((version) => this.upload(name, version)));
    const fleet = new TunnelFleet(this.standalone, { org: this.org, model: name, fleet: name, ...options });
    this.fleets.push(fleet);
    return fleet;
  }

  /** @returns the firmware's id */
  async upload(model: string, version: string, more: { min_version?: string; size?: number } = {}): Promise<string> {
    const { size = IMAGE_BYTES, ...fields } = more;
    const answer = await this.standalone.upload<{ firmware_id: string }>(this.org, imageOf(size), {
      ...{ version, models: model },
      ...fields,
    });
    if (answer.status !== 201) throw new Error(`the upload was answered with ${JSON.stringify(answer.body)}`);
    return answer.body.firmware_id;
  }

  post<T = Problem>(path: string, body: object, role: Role = 'operator', org = this.org): Promise<Answer<T>> {
    return this.standalone.ask<T>(org, role, 'POST', `/orchestrator/v1/${path}`, body);
  }

  query<T>(path: string, role: Role = 'viewer', org = this.org): Promise<Answer<T>> {
    return this.standalone.ask<T>(org, role, 'GET', `/query/v1/${path}`);
  }

  plan(body: object): Promise<Answer<Plan>> {
    return this.post<Plan>('rollouts?dry_run=true', body);
  }

  /** The plan, once the orchestrator has read of the devices and images that it needs. */
  async planOf(body: object, wanted: (plan: Plan) => boolean): Promise<Plan> {
    return this.standalone.eventually(
      () => this.plan(body),
      ({ status, body: plan }) => status === 200 && wanted(plan),
    );
  }

  /** Starts a rollout over so many eligible devices, once the orchestrator has read of them. @returns its id */
  async start(body: object, eligible: number): Promise<string> {
    await this.planOf(body, (plan) => plan.eligible === eligible);
    const answer = await this.post<{ rollout_id: string }>('rollouts', body);
    if (answer.status !== 202) throw new Error(`the rollout was answered with ${JSON.stringify(answer.body)}`);
    return answer.body.rollout_id;
  }

  act(id: string, action: string, reason = 'the spec says so', role: Role = 'operator'): Promise<Answer<Problem>> {
    return this.post(`rollouts/${id}/${action}`, { reason }, role);
  }

  /** Acts, and expects that it is taken. */
  async do(id: string, action: string, reason?: string): Promise<void> {
    const { status, body } = await this.act(id, action, reason);
    if (status !== 202) throw new Error(`${action} was answered with ${JSON.stringify(body)}`);
  }

  until(id: string, wanted: (resource: Resource) => boolean): Promise<Resource> {
    return this.standalone.eventually<Resource>(
      () => this.query(`rollouts/${id}`),
      ({ status, body }) => status === 200 && wanted(body),
    );
  }

  reaches(id: string, state: string): Promise<Resource> {
    return this.until(id, (resource) => resource.state === state);
  }

  async events(id: string, type?: string): Promise<RolloutEvent[]> {
    const of = type ? `&type=${type}` : '';
    const { body } = await this.query<Page<RolloutEvent>>(`rollouts/${id}/events?limit=500${of}`);
    return body.items;
  }

  /** The names of its events, without the requests and the chunks of its plan. */
  async story(id: string): Promise<string[]> {
    const names = (await this.events(id)).map(({ type }) => type);
    return names.filter((type) => !type.endsWith('Requested') && type !== 'RolloutDevicesPlanned');
  }

  async members(id: string, query = ''): Promise<Member[]> {
    return (await this.query<Page<Member>>(`rollouts/${id}/devices?limit=500&${query}`)).body.items;
  }

  async failures(id: string): Promise<FailureGroup[]> {
    return (await this.query<Page<FailureGroup>>(`rollouts/${id}/failures`)).body.items;
  }

  /** What went wrong inside scripted devices; a spec expects none. */
  get errors(): unknown[] {
    return this.fleets.flatMap(({ errors }) => errors);
  }

  /** Hangs up on all fleets so far. */
  hangUp(): void {
    for (const fleet of this.fleets.splice(0)) fleet.leave();
  }

  async dispose(): Promise<void> {
    this.hangUp();
    await this.standalone.dispose();
  }
}

/** `north_01`, `north_02`, … */
export function ids(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}_${String(n + 1).padStart(2, '0')}`);
}

/** The rollout of a request, as docs/requests.md says it. */
export function rolloutIdOf(org: string, requestId: string): string {
  const text = [org, requestId].map((part) => `${part.length}:${part}`).join('');
  return `rol_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
