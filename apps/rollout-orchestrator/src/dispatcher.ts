import { setTimeout as sleep } from 'node:timers/promises';
import { In, type DataSource } from 'typeorm';
import { deriveId, laneSubject, toEvent, type Fact, type Lane, type OtaEvent } from '@edgeflow/contracts';
import { decide, type CatalogEntry, type Decision } from '@edgeflow/device-update';
import { AlreadyAppended, Conflict, type EventLog } from '@edgeflow/event-log';
import { activeTraceparent, inSpan, logger } from '@edgeflow/telemetry';
import type { OrchestratorConfig } from './config.js';
import { DeviceLaneRow } from './device-lane.row.js';
import { FirmwareRow } from './firmware.row.js';
import { decisions } from './metrics.js';

/** Lanes decided in one go: their events fit one atomic batch (at most 1,000 messages, ADR-50 of NATS). */
const LANES = 200;
/** Without a nudge the to-do list is looked at this often, in milliseconds: what a crash or an outage left. */
const IDLE_MS = 1_000;

/** One lane's decision, as the events to append and the sequence that it was based on. */
interface Work {
  lane: Lane;
  after: number;
  events: OtaEvent[];
}

/**
 * Takes lanes that are due from the fold's to-do list, decides, and appends. It holds no truth: a decision that is lost is made
 * again, one that is made twice has the same ids and the same expectation, and only the first is stored.
 */
export class Dispatcher {
  private nudged = Promise.withResolvers<void>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Lanes whose decision is stored but not folded yet: at which sequence. */
  private readonly inFlight = new Map<string, number>();

  constructor(
    private readonly log: EventLog,
    private readonly database: DataSource,
    private readonly config: Pick<OrchestratorConfig, 'UPDATE_DEADLINE_S'>,
  ) {}

  /** Works while `leading()` says that this replica is the one. */
  start(leading: () => boolean): void {
    this.running = this.run(leading);
  }

  /** Finishes the append under way and stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.nudge();
    await this.running;
  }

  /** Rows have changed: look at once. */
  nudge(): void {
    this.nudged.resolve();
  }

  private async run(leading: () => boolean): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.nudged = Promise.withResolvers<void>();
      try {
        if (leading()) while ((await this.round()) > 0);
      } catch (error) {
        logger.warn({ err: error }, 'the dispatcher could not work; it tries again');
      }
      const idle = new AbortController();
      await Promise.race([
        this.nudged.promise,
        sleep(IDLE_MS, undefined, { signal: idle.signal }).catch(() => undefined),
      ]);
      idle.abort();
    }
  }

  /** One pass over the to-do list. @returns how many lanes were moved on */
  private async round(): Promise<number> {
    const due = await this.database.manager.find(DeviceLaneRow, {
      where: { due: true },
      order: { position: 'ASC' },
      take: LANES,
    });
    const fresh = due.filter((row) => (this.inFlight.get(keyOf(row)) ?? 0) <= row.lane_position);
    this.forget(due);
    if (fresh.length === 0) return 0;
    const catalog = await this.catalogFor(fresh);
    const work = await Promise.all(fresh.map((row) => this.workOn(row, catalog)));
    return this.append(work.filter((one) => one !== undefined));
  }

  private async workOn(row: DeviceLaneRow, catalog: readonly FirmwareRow[]): Promise<Work | undefined> {
    const decision = decide(row.state, {
      org: row.org,
      device_id: row.device_id,
      firmwareOf: (version) =>
        catalog.filter((entry) => entry.org === row.org && entry.version === version).map(toEntry),
      at: new Date(),
      default_deadline_s: this.config.UPDATE_DEADLINE_S,
    });
    if (!decision) return undefined;
    const lane: Lane = { org: row.org, entity: 'update', entity_id: row.device_id };
    return { lane, after: row.lane_position, events: await eventsOf(lane, decision) };
  }

  /** Everything in one batch; when one lane moved on meanwhile nothing of it is stored, and each goes by itself. */
  private async append(work: readonly Work[]): Promise<number> {
    if (work.length === 0) return 0;
    try {
      const after = new Map(work.map((one) => [laneSubject(one.lane), one.after]));
      const { last } = await this.log.append(
        work.flatMap((one) => one.events),
        { after },
      );
      for (const one of work) this.stored(one, last);
      return work.length;
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof AlreadyAppended)) throw error;
      if (work.length === 1) return 0; // The fold has not seen the lane's newest event; its row comes back with it.
    }
    let moved = 0;
    for (const one of work) moved += await this.append([one]);
    return moved;
  }

  private stored({ lane, events }: Work, last: number): void {
    this.inFlight.set(`${lane.org}/${lane.entity_id}`, last);
    for (const event of events) decisions.inc({ type: event.type });
  }

  /** Lanes that are not due any more have been folded. */
  private forget(due: readonly DeviceLaneRow[]): void {
    const waiting = new Set(due.map(keyOf));
    for (const key of this.inFlight.keys()) if (!waiting.has(key)) this.inFlight.delete(key);
  }

  private async catalogFor(rows: readonly DeviceLaneRow[]): Promise<FirmwareRow[]> {
    const versions = rows.flatMap(({ state }) => [
      ...state.requests.slice(0, 1).map((request) => request.version),
      ...(state.update.status === 'queued' ? [state.update.plan.version] : []),
    ]);
    if (versions.length === 0) return [];
    const orgs = [...new Set(rows.map((row) => row.org))];
    return this.database.manager.findBy(FirmwareRow, { org: In(orgs), version: In([...new Set(versions)]) });
  }
}

function keyOf(row: DeviceLaneRow): string {
  return `${row.org}/${row.device_id}`;
}

function toEntry({ min_version, ...row }: FirmwareRow): CatalogEntry {
  return { ...row, ...(min_version && { min_version }) };
}

/** The decision as events, each in the trace of what caused it. */
function eventsOf(lane: Lane, { facts, cause, key }: Decision): Promise<OtaEvent[]> {
  const time = new Date().toISOString();
  const write = (fact: Fact, index: number) =>
    inSpan(`decide ${fact.type}`, { parent: cause.traceparent }, () => {
      const id = deriveId('evt', laneSubject(lane), key, fact.type, String(index));
      const event = toEvent(lane, fact, { id, source: '/rollout-orchestrator', time, cause });
      const traceparent = activeTraceparent();
      return { ...event, ...(traceparent && { traceparent }) };
    });
  return Promise.all(facts.map(write));
}
