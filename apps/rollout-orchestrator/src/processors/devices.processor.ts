import { isBulk } from '@edgeflow/contracts';
import { updateDecider, waysBack } from '@edgeflow/device-update';
import { pipelined, type FoldDatabase, type Rows } from '@edgeflow/fold';
import type { OrchestratorConfig } from '../orchestrator.config.js';
import { Catalog } from '../rows/catalog.js';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { DUE_DEVICES, WAITING_FOR_REVOKED } from '../devices/due-devices.js';
import { FleetWindows, openWindows } from '../devices/timed-updates.js';
import { decisionOf, type Decision, type UpdateAppender } from '../devices/update-appender.js';
import type { Processor } from './processor.js';
import { UntilRowsMove, type RowsMoved } from './until-rows-move.js';

/** Devices decided in one go: their events fit one atomic batch (at most 1,000 messages, ADR-50 of NATS). */
const DEVICES = 300;

/** The windows of fleets as they are, and what of them says which held updates may be told now. */
async function heldIn(rows: Rows, at: Date) {
  const [windows, open] = await pipelined(FleetWindows.load(rows), openWindows(rows, at));
  return { windows, held: { open, closed: windows.closed(at) } };
}

/** Decides on devices that are due: their requests, their queued updates, the ends of their open ones. */
export class DevicesProcessor implements Processor {
  /** False while nobody waits for what is revoked. */
  private isRevoked = true;
  private readonly held: UntilRowsMove;

  constructor(
    private readonly database: FoldDatabase,
    private readonly appender: UpdateAppender,
    private readonly config: OrchestratorConfig,
    fold: RowsMoved,
  ) {
    this.held = new UntilRowsMove(fold);
  }

  /** The rows of every query from now on are there up to a position. */
  folded(position: number): void {
    this.appender.folded(position);
  }

  /** What this process has stored says nothing any more of the log that there is. */
  forget(): void {
    this.appender.forget();
  }

  /** A firmware was revoked, or may have been: who waits for it is looked for once more. */
  revoked(): void {
    this.isRevoked = true;
  }

  /** One pass over the to-do list. @returns how many devices were moved on */
  async round(at: Date): Promise<number> {
    const { hasRoom } = this.appender;
    const { rows } = this.database;
    // Mostly nothing waits for a window, and nobody has to know of any.
    const isHeld = (): Promise<boolean> => rows.exists(DeviceStateRow, { held: true });
    const known = hasRoom && (await this.held.isThere(isHeld)) ? await heldIn(rows, at) : undefined;
    const due = await rows.select(DUE_DEVICES, { has_room: hasRoom, at, held: known?.held, limit: DEVICES });
    const fresh = [...due, ...(await this.withoutImage(rows, due))].filter((row) => this.appender.isFresh(row));
    if (fresh.length === 0) return 0;
    const windows = known?.windows ?? (await FleetWindows.load(rows));
    const catalog = await Catalog.load(rows, fresh.flatMap(wantedOf), at);
    const decisions = await Promise.all(fresh.map((row) => this.decide(row, { catalog, windows }, at)));
    const wanted = decisions.filter((one) => one !== undefined);
    const { stored } = await this.appender.append(
      hasRoom ? wanted : wanted.filter(({ events }) => !events.every(isBulk)),
    );
    return stored;
  }

  /** It takes a look at all that is open, and is taken only after a revocation, until none is left. */
  private async withoutImage(rows: Rows, due: readonly DeviceStateRow[]): Promise<DeviceStateRow[]> {
    if (!this.isRevoked) return [];
    this.isRevoked = false;
    const waiting = await rows.select(WAITING_FOR_REVOKED, { limit: DEVICES });
    this.isRevoked ||= waiting.length > 0;
    const isDue = (row: DeviceStateRow) =>
      due.some(({ org, device_id }) => org === row.org && device_id === row.device_id);
    return waiting.filter((row) => !isDue(row));
  }

  private decide(
    row: DeviceStateRow,
    { catalog, windows }: { catalog: Catalog; windows: FleetWindows },
    at: Date,
  ): Promise<Decision | undefined> {
    const { org, device_id } = row;
    const command = {
      ...{ type: 'Proceed' as const, org, device_id, at },
      firmwareOf: (version: string) => catalog.entries(org, version),
      rollbacks_below: catalog.rollbacksBelow(org),
      opensAt: windows.opensAt(org),
      default_deadline_s: this.config.UPDATE_DEADLINE_S,
    };
    return decisionOf(row, updateDecider.decide(command, row.state), at);
  }
}

/** The versions that the next decision on a device looks up. */
function wantedOf({ org, state }: DeviceStateRow): { org: string; version: string }[] {
  const [request] = state.requests;
  const versions = [
    request?.kind === 'update' ? request.version : undefined,
    ...(request?.kind === 'rollback' ? waysBack(state) : []),
    state.update.status === 'queued' ? state.update.plan.version : undefined,
    state.running.status === 'known' ? state.running.version : undefined,
  ];
  return versions.flatMap((version) => (version === undefined ? [] : [{ org, version }]));
}
