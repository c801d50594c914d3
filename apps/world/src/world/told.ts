import { ENTITIES, projectionFold, withheldIn, type ProjectionCore } from '@edgeflow/app-projection/core';
import type { StoredEvent } from '@edgeflow/contracts';
import { MemoryFoldDatabase } from '@edgeflow/fold/memory';
import { resourceOf, type RolloutResource } from '@edgeflow/rollout';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { within } from '@edgeflow/telemetry';
import { countFaults } from '../invariants/resource-counts.js';
import { reasonFaults, waitsForNothing } from '../invariants/true-reasons.js';
import { at, type Violation } from '../invariants/invariant.js';
import { LogFacts } from '../invariants/rollout-facts.js';
import { Standstill } from '../invariants/standstill.js';
import { LogView } from './log-view.js';
import type { Node } from './node.js';
import { LANES, LOG } from './servers.js';
import type { World } from './world.js';

/** What is due is done within this time, once nothing is broken any more: while things are, nothing that was to come is held to its time. */
const GRACE_MS = 60_000;

/** For so long a service may be behind without a move, and say nothing. */
const PATIENCE_MS = 120_000;

/** A service whose check takes longer says that it is not ready (libs/telemetry, `Readiness`), in milliseconds. */
const CHECK_LIMIT_MS = 3_000;

/** What of a service folds, and what it says of itself. */
export type Folding = Pick<ProjectionCore, 'fold' | 'readiness'>;

/** Asks now and then what rollouts say of themselves, and whether that is so. */
export class Told {
  private readonly view: LogView;
  private facts = new LogFacts();
  private events: StoredEvent[] = [];
  private readonly database: MemoryFoldDatabase;
  private readonly found = new Map<string, Violation>();
  /** By process. */
  private readonly standing = new Map<string, Standstill>();
  /** When something was last seen to be broken, or rollouts to wait for somebody to decide about a log that has lost its tail: until then nothing need be done that is due. */
  private halted_at_ms = -Infinity;
  /** Rollouts that waited for nothing when this was asked last. */
  private idle: ReadonlySet<string> = new Set();
  looks = 0;

  /** @param isBroken something is, at this time */
  constructor(
    private readonly world: World,
    private readonly isBroken: () => boolean,
  ) {
    const { servers, time } = world;
    const clock = time.clock({ lane: LANES.people });
    this.view = new LogView(servers.log, () => {
      this.facts = new LogFacts();
      this.events = [];
    });
    this.database = new MemoryFoldDatabase(servers.rows, {
      ...{ name: 'asker', clock, faults: {}, schema: 'projection' },
      ...{ version: projectionFold.version, entities: ENTITIES },
    });
  }

  /** What was not so, each once. */
  get violations(): Violation[] {
    return [...this.found.values()];
  }

  /** One more look; where the rows are behind the log, or it goes on meanwhile, there is nothing to compare. @param isStill nothing is under way any more, since the look before */
  async look(isStill = false): Promise<void> {
    this.fold();
    const end = this.view.end;
    const before = this.idle;
    this.idle = new Set();
    const { projections, orchestrators } = this.world.nodes;
    for (const node of [...projections, ...orchestrators]) await this.stands(node, end);
    if (this.isBroken() || [...projections, ...orchestrators].some(({ core }) => core?.fold.alarm()))
      this.halted_at_ms = this.world.time.now_ms;
    // Rows that know more than the log were made of what it has lost, and that they are as long says nothing before a leader has compared them.
    if (!projections.some(({ core }) => core?.fold.position === end && core.fold.leading())) return;
    const resources = await this.resources().catch(() => undefined);
    if (!resources || this.world.servers.log.stream(LOG)?.last !== end) return;
    this.looks += 1;
    this.idle = new Set(
      resources
        .map(({ resource }) => resource)
        .filter(waitsForNothing)
        .map(({ rollout_id }) => rollout_id),
    );
    for (const { org, resource } of resources) this.ask(org, resource, isStill && before.has(resource.rollout_id));
  }

  private ask(org: string, resource: RolloutResource, isStill: boolean): void {
    const { facts: log, events } = this;
    const { servers, time } = this.world;
    const now = servers.clock.now();
    const grace_ms = time.now_ms - this.halted_at_ms > GRACE_MS ? GRACE_MS : Infinity;
    for (const what of countFaults(resource, org, events))
      this.find('what a rollout counts is what its log says', what);
    for (const what of reasonFaults(resource, { org, log, now, grace_ms, isStill }))
      this.find('every wait has a reason that is true', what);
  }

  /** Who stands behind the end of the log has said that he is not ready. */
  private async stands({ name, core }: Node<Folding>, end: number): Promise<void> {
    const standing = at(this.standing, name, () => new Standstill(name, PATIENCE_MS));
    if (!core) return standing.restarted();
    const { position } = core.fold;
    const isReady = position < end && (await this.isReady(core));
    for (const what of standing.look({ at_ms: this.world.time.now_ms, end, position, isReady }))
      this.find('who stands still is not ready', what);
  }

  /** Who has not answered by then, since he has died meanwhile, is not ready. */
  private async isReady({ readiness }: Folding): Promise<boolean> {
    const { clock } = this.world.servers;
    const asked = readiness.map(({ check }) => within(CHECK_LIMIT_MS, check(), () => new Error('no answer'), clock));
    return (await Promise.allSettled(asked)).every(({ status }) => status === 'fulfilled');
  }

  private find(invariant: string, what: string): void {
    this.found.set(`${invariant}: ${what}`, { invariant, position: this.view.end, what });
  }

  private async resources(): Promise<{ org: string; resource: RolloutResource }[]> {
    const { rows } = this.database;
    const at = this.world.servers.clock.now();
    const found: { org: string; resource: RolloutResource }[] = [];
    for (const row of await rows.range(RolloutRow, {})) {
      const resource = resourceOf(row.state, at, await withheldIn(rows, row, at));
      if (resource) found.push({ org: row.org, resource });
    }
    return found;
  }

  private fold(): void {
    for (const glance of this.view.next()) {
      const event = glance as unknown as StoredEvent;
      this.events.push(event);
      this.facts.observe(event);
    }
  }
}
