import { modelOfQuery } from '@edgeflow/fold/memory';
import { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { DEVICES_OF_FIRMWARE, ROLLOUTS_OF_FIRMWARE } from '../rows/firmware-use.js';

/** What `DEVICES_OF_FIRMWARE` gives, in memory. */
export const devicesOfFirmwareModel = modelOfQuery(DEVICES_OF_FIRMWARE, async (tables, of) => {
  const count = { running: 0, may_go_back: 0, updates: 0 };
  for (const { org, model, registration, ...row } of await tables.all(DeviceStateRow)) {
    if (org !== of.org || model !== of.model || registration === 'unknown') continue;
    const { version, state, goes_back_to, unconfirmed, busy } = row;
    if (version === of.version || state.abandoned_version === of.version) count.running += 1;
    if (goes_back_to === of.version || (unconfirmed && state.good.at(-2) === of.version)) count.may_go_back += 1;
    if (busy && state.update.status !== 'none' && state.update.plan.firmware_id === of.firmware_id) count.updates += 1;
  }
  return [count];
});

/** What `ROLLOUTS_OF_FIRMWARE` gives, in memory. */
export const rolloutsOfFirmwareModel = modelOfQuery(ROLLOUTS_OF_FIRMWARE, async (tables, { org, model, version }) => {
  const ofModel = new Set<string>();
  for (const row of await tables.all(DeviceStateRow))
    if (row.org === org && row.model === model) ofModel.add(row.device_id);
  /** Rollouts with devices of the model that are to have the version, and those of which some may yet be told. */
  const [wanted, open] = [new Set<string>(), new Set<string>()];
  for (const row of await tables.all(MemberRow)) {
    if (row.org !== org || row.version !== version || !ofModel.has(row.device_id)) continue;
    wanted.add(row.rollout_id);
    if (row.status === 'waiting' || row.status === 'in_flight') open.add(row.rollout_id);
  }
  const rollouts = (await tables.all(RolloutRow)).filter((row) => {
    if (row.org !== org) return false;
    const isContinuous = 'spec' in row.state && row.state.spec.membership === 'continuous';
    const isIts = row.version === version;
    if (isIts && ['accepted', 'running', 'paused'].includes(row.status) && (isContinuous || wanted.has(row.rollout_id)))
      return true;
    if (isIts && row.status === 'completed' && isContinuous) return true;
    return row.status !== 'requested' && row.status !== 'rejected' && open.has(row.rollout_id);
  });
  return [{ rollouts: rollouts.length }];
});
