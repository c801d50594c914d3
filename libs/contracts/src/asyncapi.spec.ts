import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { eventClasses } from './events.js';
import { answersTo } from './requests.js';

interface Message {
  description?: string;
  payload: object;
  headers: object;
  examples: { headers: object; payload: object }[];
}
interface Operation {
  action: string;
  reply?: { messages: { $ref: string }[] };
}
interface Document {
  servers: Record<string, { security: { $ref: string }[] }>;
  channels: Record<string, { description?: string; parameters: Record<string, { description?: string }> }>;
  operations: Record<string, Operation>;
  components: {
    securitySchemes: Record<string, { type: string }>;
    messages: Record<string, Message>;
    schemas: Record<string, object>;
  };
}

const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;
const document = JSON.parse(readFileSync(new URL('../../../docs/asyncapi.json', import.meta.url), 'utf8')) as Document;
const { channels, operations, components } = document;

describe('the AsyncAPI document', () => {
  it('says where the log is and who gets in', () => {
    const needed = Object.values(document.servers).flatMap(({ security }) => security.map(({ $ref }) => $ref));
    expect(needed).toEqual(['#/components/securitySchemes/user']);
    expect(components.securitySchemes['user']?.type).toBe('userPassword');
  });

  it('describes every channel, every message and every member', () => {
    const found: string[] = [];
    const look = (value: unknown, where: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { properties } = value as { properties?: Record<string, { description?: string }> };
      for (const [name, member] of Object.entries(properties ?? {})) {
        if (!member.description) found.push(`${where}.${name}`);
      }
      for (const [name, one] of Object.entries(value)) if (name !== 'examples') look(one, `${where}.${name}`);
    };
    for (const [name, { description, parameters }] of Object.entries(channels)) {
      if (!description || Object.values(parameters).some((one) => !one.description)) found.push(`channel ${name}`);
    }
    for (const [name, { description }] of Object.entries(components.messages)) if (!description) found.push(name);
    look(components, '');
    expect(found).toEqual([]);
    expect(Object.keys(channels)).toHaveLength(Object.keys(eventClasses).length + 1);
  });

  it.each(Object.keys(eventClasses))('has an example of %s that fits', (name) => {
    const ajv = new Ajv2020({ strict: false });
    addFormats(ajv);
    ajv.addSchema(document, 'document');
    const { payload, headers, examples } = components.messages[name]!;
    const fits = (schema: object, value: object): string => {
      const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
      return ajv.validate(local, value) ? '' : ajv.errorsText();
    };
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(example.payload).not.toEqual({});
      expect(fits(payload, example.payload)).toBe('');
      expect(fits(headers, example.headers)).toBe('');
    }
  });

  it.each(Object.entries(answersTo))('names the answers of %s', (name, answers) => {
    const { action, reply } = operations[`on${name}`]!;
    const named = reply?.messages.map(({ $ref }) => $ref.split('/').at(-1));
    expect([action, named]).toEqual(['receive', [...answers, 'RequestRefused']]);
  });

  it('sends what is no request', () => {
    const sent = Object.entries(operations).filter(([, { action }]) => action === 'send');
    expect(sent).toHaveLength(Object.keys(eventClasses).length - Object.keys(answersTo).length);
  });
});
