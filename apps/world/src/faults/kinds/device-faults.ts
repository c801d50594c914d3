import type { Trip } from '@edgeflow/app-device-gateway/memory';
import { integerBetween } from '@edgeflow/runtime';
import { chance, pick, type SeededEntropy } from '@edgeflow/simulation';
import type { FaultKind, Targets } from '../fault.js';
import type { Parameters } from '../scripted-fault.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** One of these devices; nobody where there is none. */
function aDevice(entropy: SeededEntropy, devices: Targets['devices']): Parameters | undefined {
  if (devices.length === 0) return undefined;
  const { org, device_id } = pick(entropy, devices, 'device');
  return { org, device_id };
}

const agents = ({ devices }: Targets): Targets['devices'] => devices.filter(({ kind }) => kind === 'agent');

/** Nothing passes between a device, or all of them, and the gateways, in one direction or in both: it is lost, or kept up. */
const cut: FaultKind = {
  ...{ on: 0.4, times: [1, 3], for_ms: [500, 3 * MINUTE_MS] },
  draw: (entropy, { devices }) => ({
    ...(chance(entropy, 0.7, 'one') ? aDevice(entropy, devices) : {}),
    to: pick(entropy, ['gateway', 'device', 'both', 'both'], 'to'),
    is_kept: chance(entropy, 0.4, 'kept'),
  }),
  strike({ more, for_ms }, { time, servers: { weather } }) {
    const device = more['device_id'] as string | undefined;
    const to = more['to'] === 'both' ? undefined : (more['to'] as Trip['to']);
    const until_ms = more['is_kept'] === true ? time.now_ms + for_ms : undefined;
    const end = weather.network.conditions.add({ device, to, until_ms });
    const what = until_ms === undefined ? 'is lost' : 'is kept up';
    return { lane: device ?? 'devices', text: `what goes to ${to ?? 'either end'} ${what}`, end };
  },
};

/** All devices lose their connections at once, and come back at once. */
const storm: FaultKind = {
  ...{ on: 0.25, times: [1, 6], for_ms: [0, 1] },
  draw: () => ({}),
  strike(_, { population }) {
    for (const power of population.switches()) power.loseNetwork();
    return { lane: 'devices', text: 'all of them lose their connections' };
  },
};

/** What a disk may be, by weight: broken, full, or so full that an image has no place any more. */
const DISKS = ['EIO', 'ENOSPC', 'crowded', 'crowded'] as const;

/** The disk of a device is full, or broken, for so long. */
const disk: FaultKind = {
  ...{ on: 0.35, times: [1, 2], for_ms: [2 * SECOND_MS, 3 * MINUTE_MS] },
  draw(entropy, targets) {
    const device = aDevice(entropy, agents(targets));
    return device && { ...device, fault: pick(entropy, DISKS, 'fault') };
  },
  strike({ more }, { servers: { weather } }) {
    const device = String(more['device_id']);
    const fault = more['fault'] === 'EIO' ? 'EIO' : 'ENOSPC';
    const isCrowded = more['fault'] === 'crowded';
    const end = weather.disks.add({ device, fault, ...(isCrowded && { of: 'images' }) });
    return { lane: device, text: `its disk says ${fault}${isCrowded ? ' to images' : ''}`, end };
  },
};

/** A device loses its power at a step of its disk, so many steps from now. */
const power: FaultKind = {
  ...{ on: 0.4, times: [1, 5], for_ms: [SECOND_MS, 40 * SECOND_MS] },
  draw(entropy, targets) {
    const device = aDevice(entropy, agents(targets));
    return device && { ...device, calls: integerBetween(entropy, 1, 60, 'calls') };
  },
  strike({ more, for_ms }, { population }) {
    const [org, device_id] = [String(more['org']), String(more['device_id'])];
    const calls = Number(more['calls']);
    if (!population.losesPowerAt(org, device_id, { calls, for_ms })) return undefined;
    return { lane: device_id, text: `its power goes at step ${calls} of its disk` };
  },
};

export const deviceFaults = { 'device-cut': cut, storm, 'device-disk': disk, 'device-power': power };
