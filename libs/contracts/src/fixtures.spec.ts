import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dataSchemaOf, fromMessage } from './cloudevents.js';
import { metaOf } from './event-class.js';
import { eventClasses, isEventName } from './events.js';

const folder = new URL('../fixtures/', import.meta.url);
const files = readdirSync(folder);

describe('stored fixtures', () => {
  it.each(Object.entries(eventClasses))('%s has one for every version it ever had', (name, eventClass) => {
    const { version } = metaOf(eventClass);
    for (let v = 1; v <= version; v++) expect(files).toContain(`${name}.v${v}.json`);
  });

  it.each(files)('%s can still be read', (file) => {
    const [name = '', version = ''] = file.split('.');
    if (!isEventName(name)) throw new Error(`${file} is a fixture of no event`);
    const { entity } = metaOf(eventClasses[name]);
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
    expect(event).toMatchObject({ type: name, data: JSON.parse(body.toString()) });
  });
});
