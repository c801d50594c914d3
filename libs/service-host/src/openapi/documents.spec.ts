import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { describe, expect, it } from 'vitest';

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Response {
  $ref?: string;
  description: string;
  content?: Record<string, Media>;
}
interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  description?: string;
}
interface Operation {
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
}
interface Document {
  info: { license?: { name: string } };
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, object>;
    responses: Record<string, Response>;
    parameters?: Record<string, Parameter>;
  };
}

const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;
const folder = new URL('../../../../docs/openapi/', import.meta.url);
const services = ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'];

describe.each(services)('the OpenAPI document of %s', (service) => {
  const document = JSON.parse(readFileSync(new URL(`${service}.json`, folder), 'utf8')) as Document;
  const { components } = document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
  const isProbe = ({ tags }: Operation): boolean => tags.includes('operations');
  const resolved = (response: Response): Response =>
    response.$ref === undefined ? response : components.responses[response.$ref.split('/').at(-1)!]!;
  const answersOf = ({ responses }: Operation, kind: RegExp): [string, Response][] =>
    Object.entries(responses).flatMap(([status, one]) => (kind.test(status) ? [[status, resolved(one)]] : []));

  it('is one of OpenAPI, with a licence', async () => {
    expect(
      (await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>)).errors ?? [],
    ).toEqual([]);
    expect(document.info.license).toEqual({ name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' });
  });

  it('has the schema of every good answer', () => {
    expect(operations.length).toBeGreaterThan(5);
    const without = operations.filter(({ operation }) => {
      const good = answersOf(operation, /^2/);
      const shown = good.filter(([, { content = {} }]) => Object.values(content).some(({ schema }) => schema));
      return good.length === 0 || shown.length < good.length;
    });
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  it('has the codes of every refusal', () => {
    const refusing = operations.filter(({ operation }) => !isProbe(operation));
    const without = refusing.filter(({ operation }) => {
      const codes = answersOf(operation, /^[45]/).map(([, { description }]) => description);
      const statuses = Object.keys(operation.responses);
      return (
        !statuses.includes('401') || !statuses.includes('503') || !codes.every((text) => /^`[a-z-]+`: /.test(text))
      );
    });
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  it('says what every member and every parameter is', () => {
    const found: string[] = [];
    const look = (value: unknown, where: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { properties } = value as { properties?: Record<string, { description?: string }> };
      for (const [name, member] of Object.entries(properties ?? {})) {
        if (!member.description && name !== 'code') found.push(`${where}.${name}`);
      }
      for (const [name, one] of Object.entries(value)) {
        if (name !== 'example' && name !== 'examples') look(one, `${where}.${name}`);
      }
    };
    look(components.schemas, 'schemas');
    for (const { name, operation } of operations) {
      look(operation.responses, name);
      const all = operation.parameters ?? [];
      const told = all.map((one) => (one.$ref ? components.parameters![one.$ref.split('/').at(-1)!]! : one));
      found.push(...told.filter(({ description }) => !description).map((one) => `${name} ${one.name}`));
    }
    expect(found).toEqual([]);
  });

  it('has an example of every body, every good answer and every refusal, which fits its schema', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(ajv);
    ajv.addSchema(document, 'document');
    const found: string[] = [];
    const look = (where: string, media: Media): void => {
      const values = media.examples ? Object.values(media.examples).map(({ value }) => value) : [media.example];
      const schema = JSON.parse(JSON.stringify(media.schema).replaceAll('"#/', '"document#/')) as object;
      for (const value of values) {
        if (value === undefined) found.push(`${where}: no example`);
        else if (!ajv.validate(schema, value)) found.push(`${where}: ${ajv.errorsText()}`);
      }
    };
    for (const { name, operation } of operations) {
      const body = operation.requestBody?.content['application/json'];
      if (body) look(`${name} body`, body);
      for (const [status, { content = {} }] of answersOf(operation, /^[245]/)) {
        for (const media of Object.values(content)) look(`${name} ${status}`, media);
      }
    }
    expect(found).toEqual([]);
  });
});

describe('the credentials of a device', () => {
  const { paths } = JSON.parse(readFileSync(new URL('device-gateway.json', folder), 'utf8')) as {
    paths: Record<string, { post: { security: object[] } }>;
  };

  it.each([
    ['/gateway/v1/devices', [{ bearer: [] }, { claim: [] }]],
    ['/gateway/v1/devices/{device_id}/key', [{ bearer: [] }, { device: [] }]],
    ['/gateway/v1/devices/{device_id}/revoke', [{ bearer: [] }]],
  ])('of %s are schemes of their own', (path, security) => {
    expect(paths[path]!.post.security).toEqual(security);
  });
});
