import { Refused, type RolloutSpec } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { asRowsRefusal, isDatabaseDown, type Fold, type FoldDatabase } from '@edgeflow/fold';
import { FleetWindowRow } from '@edgeflow/rollout-rows';
import { FirmwareRow } from '../rows/firmware.row.js';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { UpdateOwnerRow } from '../rows/update-owner.row.js';

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
    private readonly database: FoldDatabase,
    private readonly fold: Pick<Fold, 'waitFor'>,
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
    await this.caughtUp();
    if (await this.knowsOne(org, devices)) return;
    if (!(await this.database.rows.exists(FirmwareRow, { org, version, withdrawn: false })))
      throw new Refused('firmware-unknown');
    throw new Refused('target-empty', 'None of the named devices is registered.', { devices: devices.length });
  }

  /**
   * Looks whether a fleet has a window that can be taken away; while that cannot be said it is taken away all the same.
   * @throws Refused `window-unknown`
   */
  async checkWindow(org: string, fleet: string): Promise<void> {
    try {
      // What was set, or taken away, just now is to be in the rows.
      await this.caughtUp();
      if (await this.database.rows.exists(FleetWindowRow, { org, fleet })) return;
    } catch (cause) {
      if (isUnsaid(asRowsRefusal(cause))) return;
      throw cause;
    }
    throw new Refused('window-unknown', undefined, { fleet });
  }

  /** Resolves when everything that is in the log by now is in the rows. @throws Refused `read-model-behind` when it takes too long */
  async caughtUp(): Promise<void> {
    await this.fold.waitFor((await this.log.state()).last, WAIT_MS);
  }

  /**
   * True while a device has room for one more request. The rows follow the log, so that a few more than that may come to wait; while the
   * database is away nothing is decided, and requests are taken all the same.
   * @throws Refused `read-model-behind` while the rows are being made anew
   */
  async hasRoom(org: string, device_id: string): Promise<boolean> {
    try {
      return (await this.waiting(org, device_id)) < WAITING_MAX;
    } catch (error) {
      if (isDatabaseDown(error)) return true;
      throw asRowsRefusal(error);
    }
  }

  /**
   * The device that an update is of, open or ended.
   * @param device_id whose it is said to be, where that is said
   * @throws Refused `update-unknown`; `read-model-behind` and `database-unavailable` when that cannot be said now
   */
  async ownerOf(org: string, { update_id, device_id }: { update_id: string; device_id?: string }): Promise<string> {
    const owner = await this.lookedUp(org, update_id).catch((cause: unknown) => Promise.reject(asRowsRefusal(cause)));
    if (owner === undefined || owner !== (device_id ?? owner)) {
      throw new Refused('update-unknown', undefined, { update_id });
    }
    return owner;
  }

  /** What was accepted just now may not be in the rows. */
  private async lookedUp(org: string, update_id: string): Promise<string | undefined> {
    const find = async () => (await this.database.rows.get(UpdateOwnerRow, [{ org, update_id }]))[0];
    const found = await find();
    if (found) return found.device_id;
    await this.caughtUp();
    return (await find())?.device_id;
  }

  private async waiting(org: string, device_id: string): Promise<number> {
    const [row] = await this.database.rows.get(DeviceStateRow, [{ org, device_id }]);
    return row?.state.requests.length ?? 0;
  }

  private knowsOne(org: string, devices: readonly string[]): Promise<boolean> {
    const where = { org, device_id: { oneOf: devices }, registration: { not: 'unknown' as const } };
    return this.database.rows.exists(DeviceStateRow, where);
  }
}

/** True for a refusal that only says that nobody can tell now. */
function isUnsaid(refusal: unknown): boolean {
  return refusal instanceof Refused && ['database-unavailable', 'read-model-behind'].includes(refusal.code);
}
