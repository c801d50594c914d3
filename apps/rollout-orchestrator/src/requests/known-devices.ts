import type { DataSource } from 'typeorm';
import { Refused, type RolloutSpec } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { asRowsRefusal, isDatabaseDown, type Fold } from '@edgeflow/fold';
import { FirmwareRow } from '../firmware.row.js';
import { DeviceLaneRow } from '../lanes/device-lane.row.js';

/** How long the rows are waited for, in milliseconds: what was registered just now may not be in them. */
const WAIT_MS = 2_000;
/**
 * Requests for one device that may wait for a decision. They are decided one after the other, and stand in one row: without an end to
 * them, whoever asks for one device a thousand times would keep the fold, and with it everybody, from moving on.
 */
const WAITING_MAX = 32;

/** Looks at the ids in a request before the whole of it is stored. */
export class KnownDevices {
  constructor(
    private readonly log: EventLog,
    private readonly database: DataSource,
    private readonly fold: () => Pick<Fold, 'waitFor'>,
  ) {}

  /**
   * @throws Refused `target-empty` when a rollout is to be of named devices and none of them is registered, `firmware-unknown` when its version
   *   is not either; `read-model-behind` and `database-unavailable` when that cannot be said now. Devices may
   *   join a rollout with continuous membership later, and may be registered later as well.
   */
  async check(org: string, { version, target: { devices }, membership }: RolloutSpec): Promise<void> {
    if (!devices || membership === 'continuous') return;
    try {
      await this.checkNamed(org, version, devices);
    } catch (cause) {
      throw asRowsRefusal(cause);
    }
  }

  private async checkNamed(org: string, version: string, devices: readonly string[]): Promise<void> {
    if (await this.knowsOne(org, devices)) return;
    await this.fold().waitFor((await this.log.state()).last, WAIT_MS);
    if (await this.knowsOne(org, devices)) return;
    if (!(await this.database.manager.existsBy(FirmwareRow, { org, version }))) throw new Refused('firmware-unknown');
    throw new Refused('target-empty', 'None of the named devices is registered.', { devices: devices.length });
  }

  /**
   * True while a device has room for one more request. The rows follow the log, so that a few more than that may come to wait; while the
   * database is away nothing is decided, and requests are taken all the same.
   */
  async hasRoom(org: string, device_id: string): Promise<boolean> {
    try {
      return (await this.waiting(org, device_id)) < WAITING_MAX;
    } catch (error) {
      if (isDatabaseDown(error)) return true;
      throw error;
    }
  }

  private async waiting(org: string, device_id: string): Promise<number> {
    const found = await this.database.manager
      .createQueryBuilder(DeviceLaneRow, 'lane')
      .select(`jsonb_array_length(lane.state -> 'requests')`, 'waiting')
      .where({ org, device_id })
      .getRawOne<{ waiting: number }>();
    return found?.waiting ?? 0;
  }

  private knowsOne(org: string, devices: readonly string[]): Promise<boolean> {
    return this.database.manager
      .createQueryBuilder(DeviceLaneRow, 'lane')
      .where(`lane.org = :org AND lane.device_id = ANY(:devices) AND lane.registration <> 'unknown'`, { org, devices })
      .getExists();
  }
}
