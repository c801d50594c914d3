import { Refused, isLabel } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { asRowsRefusal, type Fold, type FoldDatabase } from '@edgeflow/fold';
import { nextOpening, windowAt } from '@edgeflow/rollout';
import { FleetWindowRow } from '@edgeflow/rollout-rows';
import type {
  FleetWindowAnswer,
  FleetWindowItem,
  FleetWindowsAnswer,
  WindowsQuery,
} from '../http/fleet-windows.dto.js';

/** How long a read that names a position waits for it, in milliseconds. */
const AFTER_WAIT_MS = 5_000;
/** How long one that names none waits for what was set just now, before it answers from what is there. */
const CATCH_UP_MS = 1_000;

/** The maintenance windows of fleets, as they hold now. */
export class FleetWindows {
  constructor(
    private readonly log: EventLog,
    private readonly database: FoldDatabase,
    private readonly fold: Pick<Fold, 'waitFor' | 'readable'>,
  ) {}

  /** @throws Refused `window-unknown` when the fleet has none; `read-model-behind`, `database-unavailable` */
  async of(org: string, fleet: string, after?: number): Promise<FleetWindowAnswer> {
    const position = await this.reached(after);
    const [row] = await this.database.rows.get(FleetWindowRow, [{ org, fleet }]).catch(refused);
    if (!row) throw new Refused('window-unknown', undefined, { fleet, position });
    return { ...itemOf(row, this.log.clock.now()), position };
  }

  /** A page of an organization's windows, by the names of their fleets. @throws Refused as `of`; `invalid-request` for a bad cursor */
  async list(org: string, { limit, cursor, after }: WindowsQuery): Promise<FleetWindowsAnswer> {
    const behind = cursor === undefined ? undefined : fleetIn(cursor);
    const position = await this.reached(after);
    const where = { org, ...(behind !== undefined && { fleet: { above: behind } }) };
    const page = { order: { fleet: 'asc' }, limit: limit + 1 } as const;
    const rows = await this.database.rows.range(FleetWindowRow, where, page).catch(refused);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const now = this.log.clock.now();
    return {
      items: shown.map((row) => itemOf(row, now)),
      next_cursor: last && rows.length > limit ? Buffer.from(last.fleet).toString('base64url') : null,
      position,
    };
  }

  /** @returns the position that the rows have, at least */
  private async reached(after: number | undefined): Promise<number> {
    try {
      if (after === undefined) await this.caughtUp();
      else await this.fold.waitFor(after, AFTER_WAIT_MS);
      return await this.fold.readable();
    } catch (cause) {
      throw asRowsRefusal(cause);
    }
  }

  /** Who has set a window finds it, though nobody named a position; a fold that is far behind keeps nobody waiting. */
  private async caughtUp(): Promise<void> {
    const { last } = await this.log.state();
    await this.fold.waitFor(last, CATCH_UP_MS).catch((error: unknown) => {
      if (!(error instanceof Refused) || error.code !== 'read-model-behind') throw error;
    });
  }
}

function refused(cause: unknown): never {
  throw asRowsRefusal(cause);
}

/** @throws Refused `invalid-request` when it is no cursor of this list */
function fleetIn(cursor: string): string {
  const fleet = Buffer.from(cursor, 'base64url').toString();
  if (isLabel(fleet)) return fleet;
  throw new Refused('invalid-request', 'cursor must be the next_cursor of an answer of this list');
}

function itemOf({ fleet, window }: FleetWindowRow, at: Date): FleetWindowItem {
  const { cron, duration_s, time_zone } = window;
  const state = windowAt(window, at);
  const closes_at = state.open ? state.closes_at : null;
  return { fleet, cron, duration_s, time_zone, open: state.open, closes_at, opens_at: nextOpening(window, at) };
}
