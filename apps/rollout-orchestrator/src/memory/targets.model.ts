import { hash } from 'node:crypto';
import { modelOfQuery, type Model } from '@edgeflow/fold/memory';
import type { Candidate } from '@edgeflow/rollout';
import { RUNNING_VERSIONS, TARGETED_DEVICES, type OfTarget } from '../rollouts/targeted-devices.js';
import { DeviceStateRow } from '../rows/device-state.row.js';

/** What `TARGETED` asks of a device. */
export function mayBeTargeted({ org, target }: OfTarget): (device: DeviceStateRow) => boolean {
  const { devices, filter = {} } = target;
  const { model, online, tags = [] } = filter;
  const fleet = target.fleet ?? filter.fleet;
  return (device) =>
    device.org === org &&
    (fleet === undefined || device.fleet === fleet) &&
    (model === undefined || device.model === model) &&
    (online === undefined || device.online === online) &&
    (devices ? devices.includes(device.device_id) : device.registration !== 'unknown') &&
    tags.every((tag) => device.tags.includes(tag));
}

/** What `CANDIDATE` selects. */
export function candidateIn(device: DeviceStateRow): Candidate {
  const { device_id, registration, model, fleet, tags, version, unconfirmed, online, busy } = device;
  const { highest_counter, signing } = device;
  return {
    ...{ device_id, registration, model, fleet, tags, version, unconfirmed, online, busy },
    ...{ highest_counter, signing },
  };
}

const targetedDevices = modelOfQuery(TARGETED_DEVICES, async (tables, { rollout_id, ...of }) => {
  const found = (await tables.all(DeviceStateRow)).filter(mayBeTargeted(of)).map((device) => ({
    device,
    place: hash('sha256', `${rollout_id}/${device.device_id}`, 'buffer'),
  }));
  return found.toSorted((a, b) => a.place.compare(b.place)).map(({ device }) => candidateIn(device));
});

const runningVersions = modelOfQuery(RUNNING_VERSIONS, async (tables, of) => {
  const found = (await tables.all(DeviceStateRow)).filter(mayBeTargeted(of));
  return [...new Set(found.flatMap(({ version }) => version ?? []))].map((version) => ({ version }));
});

export const targetsModels: readonly Model[] = [targetedDevices, runningVersions];
