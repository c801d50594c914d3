import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dataSchemaOf, fromMessage } from './cloudevents.js';
import { metaOf } from './event-class.js';
import { eventClasses, isEventName } from './events.js';

const folder = new URL('../fixtures/', import.meta.url);
const files = readdirSync(folder);
const session = { session_id: 'tun_1', gateway_id: 'gateway-1', protocol: 'edgeflow.ota.v1' };
/** What older versions are read as; the newest is read as it is stored. */
const upcasted: Record<string, object> = {
  'DeviceConnected.v1.json': {
    ...{ device_id: 'dev_abc123', ...session, model: 'sensor-mk2', version: '1.2.3' },
    ...{ boot_id: '3f1d0c9e-boot', agent: 'edgeflow-agent/0.1.0' },
  },
  'DeviceDisconnected.v1.json': { device_id: 'dev_abc123', ...session, close_code: 1006, reason: 'no pong' },
  // The next version needs less of what it has.
  'UpdateDispatched.v1.json': JSON.parse(readFileSync(new URL('UpdateDispatched.v1.json', folder), 'utf8')) as object,
  'FirmwareUploaded.v1.json': JSON.parse(readFileSync(new URL('FirmwareUploaded.v1.json', folder), 'utf8')) as object,
};

describe('stored fixtures', () => {
  it.each(Object.entries(eventClasses))('%s has one for every version it ever had', (name, eventClass) => {
    const { version } = metaOf(eventClass);
    for (let v = 1; v <= version; v++) expect(files).toContain(`${name}.v${v}.json`);
  });

  it.each(files)('%s can still be read', (file) => {
    const [name = '', version = ''] = file.split('.');
    if (!isEventName(name)) throw new Error(`${file} is a fixture of no event`);
    const { entity, version: newest } = metaOf(eventClasses[name]);
    const headers = new Map([
      ['ce-specversion', '1.0'],
      ['ce-id', 'evt_1'],
      ['ce-source', '/fixture'],
      ['ce-type', name],
      ['ce-time', '2026-02-21T12:00:00.000Z'],
      ['ce-dataschema', dataSchemaOf(name).replace(/\d+$/, version.slice(1))],
    ]);
    const body = readFileSync(new URL(file, folder));
    const event = fromMessage({ subject: `ota.acme.${entity}.id_1.${name}`, headers, body });
    expect(event.type).toBe(name);
    expect(event.data).toEqual(version === `v${newest}` ? JSON.parse(body.toString()) : upcasted[file]);
  });
});
