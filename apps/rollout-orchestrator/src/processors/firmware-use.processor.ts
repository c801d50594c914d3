import { requestStream, type FirmwareUse, type OtaEvent } from '@edgeflow/contracts';
import { hasMovedOn, type EventLog } from '@edgeflow/event-log';
import type { Fold, FoldDatabase } from '@edgeflow/fold';
import { decisions } from '../orchestrator.metrics.js';
import { firmwareUse } from '../rows/firmware-use.js';
import { FirmwareRow } from '../rows/firmware.row.js';
import { write } from '../source.js';
import type { Processor } from './processor.js';
import { UntilRowsMove, type RowsMoved } from './until-rows-move.js';

/** Firmwares that are counted in one go. */
const ROUND = 50;
/** How long the rows are waited for, in milliseconds; else the next round tries again. */
const WAIT_MS = 2_000;

/**
 * Says who needs a firmware that is to be deleted. It takes its turn among those who decide on updates and rollouts: they have decided
 * nothing that is not in the rows when it counts, and decide nothing more before its answer is in them (ADR 0046).
 */
export class FirmwareUseProcessor implements Processor {
  /** Where its last answer stands: nothing is decided before the rows have it. */
  answered = 0;
  private readonly asked: UntilRowsMove;

  constructor(
    private readonly log: Pick<EventLog, 'append' | 'state'>,
    private readonly database: FoldDatabase,
    private readonly fold: Pick<Fold, 'waitFor'> & RowsMoved,
  ) {
    this.asked = new UntilRowsMove(fold);
  }

  /** What this process has stored says nothing any more of the log that there is. */
  forget(): void {
    this.answered = 0;
  }

  async round(at: Date): Promise<number> {
    const where = { deletion_id: { not: null } };
    if (!(await this.asked.isThere(() => this.database.rows.exists(FirmwareRow, where)))) return 0;
    await this.fold.waitFor((await this.log.state()).last, WAIT_MS);
    const counted = await this.database.asOfOneMoment(async (rows) => {
      const uses: [FirmwareRow, FirmwareUse][] = [];
      for (const row of await rows.range(FirmwareRow, where, { limit: ROUND }))
        uses.push([row, await firmwareUse(rows, row)]);
      return uses;
    });
    for (const [row, use] of counted) await this.answer(row, use, at);
    return counted.length;
  }

  private async answer(row: FirmwareRow, use: FirmwareUse, at: Date): Promise<void> {
    const { org, firmware_id, model, version, deletion_id } = row;
    if (deletion_id === null) return;
    const data = { deletion_id, firmware_id, model, version, ...use };
    const key = [org, deletion_id, 'use'];
    const event: OtaEvent = write(requestStream(org, deletion_id), { type: 'FirmwareUseCounted', data }, { key, at });
    try {
      this.answered = (await this.log.append([event], { after: 0 })).last;
      decisions.inc({ type: event.type });
    } catch (error) {
      // It has its answer, from this leader or the one before.
      if (!hasMovedOn(error)) throw error;
    }
  }
}
