import { updateDecider } from '@edgeflow/device-update';
import type { Fold, FoldDatabase } from '@edgeflow/fold';
import { appendDecided } from '../devices/append-decided.js';
import type { UpdateAppender } from '../devices/update-appender.js';
import { departed, orderOf, type Departed } from '../rollouts/departed.js';
import type { Processor } from './processor.js';
import { UntilRowsMove, type RowsMoved } from './until-rows-move.js';

/** Devices in one batch, an event each. */
const DEVICES = 300;

/** Ends the wait of rollouts for devices that were taken out of service: whichever gets the id next is none that they were planned for. */
export class DeparturesProcessor implements Processor {
  private readonly waiting: UntilRowsMove;

  constructor(
    private readonly database: FoldDatabase,
    private readonly appender: UpdateAppender,
    private readonly fold: Pick<Fold, 'leading'> & RowsMoved,
  ) {
    this.waiting = new UntilRowsMove(fold);
  }

  async round(at: Date): Promise<number> {
    const found = await this.waiting.find(() => departed(this.database.rows, DEVICES));
    return (await appendDecided({ appender: this.appender, fold: this.fold }, found, leave, at)).stored;
  }
}

function leave(device: Departed) {
  const { device_id, state } = device;
  return updateDecider.decide({ type: 'Leave', order: orderOf(device), device_id }, state);
}
