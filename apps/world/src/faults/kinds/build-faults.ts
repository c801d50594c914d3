import { writeRaw } from '@edgeflow/event-log/memory';
import { pick } from '@edgeflow/simulation';
import type { FaultKind } from '../fault.js';

/** Of what the next build writes: types, entities and versions that this one does not know. */
const NEWS: readonly { entity: string; type: string; version: number }[] = [
  { entity: 'device', type: 'DeviceWeighed', version: 1 },
  { entity: 'update', type: 'UpdateWeighed', version: 1 },
  { entity: 'satellite', type: 'SatelliteLaunched', version: 1 },
  { entity: 'device', type: 'DeviceProgressReported', version: 99 },
];

/** A node of the next build writes what this build does not know, and is rolled back. */
const skew: FaultKind = {
  ...{ on: 0.3, times: [1, 3], for_ms: [0, 1] },
  draw: (entropy, { devices }) => {
    const { org, device_id } = pick(entropy, devices, 'device');
    return { org, device_id, what: Math.floor(entropy.random('what') * NEWS.length) };
  },
  strike({ more, at_ms }, { time, servers }) {
    const news = NEWS[Number(more['what'])];
    if (!news || !servers.log.up) return undefined;
    const { entity, type, version } = news;
    const subject = `ota.${String(more['org'])}.${entity}.${String(more['device_id'])}.${type}`;
    const id = `evt_next_${at_ms}`;
    const attributes = {
      specversion: '1.0',
      id,
      source: '/next-build',
      type,
      time: new Date(time.start_ms).toISOString(),
    };
    const about = { ...attributes, dataschema: `urn:edgeflow:event:${type}:${version}`, correlationid: id };
    const named = Object.entries(about).map(([name, value]) => [`ce-${name}`, encodeURIComponent(value)] as const);
    const said = { ...Object.fromEntries(named), 'content-type': 'application/json', 'Nats-Msg-Id': id };
    const build = { node: 'next-build', clock: time.clock() };
    writeRaw(servers.log, build, { subject, headers: said, body: '{"weight_g":1}' }).catch(() => undefined);
    return { lane: 'next build', text: `writes ${subject}, version ${version}` };
  },
};

export const buildFaults = { skew };
