import { describe, expect, it } from 'vitest';
import { TIME_PATTERN } from '../fields.js';
import { schemaOf, type JsonSchema } from '../schemas.js';
import { RolloutSpec } from '../rollout-spec.js';
import { described, describedSchemaOf, descriptionOf } from './described.js';
import { exampleOf } from './example.js';

const text = { type: 'string' };
const object = (properties: object): JsonSchema => ({ type: 'object', properties });

describe('the word for a member', () => {
  it('of a class goes before the one for the member alone', () => {
    expect(descriptionOf('DeviceRefused', 'count')).not.toEqual(descriptionOf('StagedWave', 'count'));
    expect(descriptionOf('StagedWave', 'count')).toEqual(descriptionOf('', 'count'));
    expect(descriptionOf('', 'no_such_member')).toBeUndefined();
  });
});

describe('a described schema', () => {
  it('keeps what it says itself, and is a copy', () => {
    const schema = object({ device_id: { ...text, description: 'Mine.', example: 'd' }, model: text });
    const before = structuredClone(schema);
    const [description, example] = descriptionOf('', 'model')!;
    expect(described(schema, 'X')['properties']).toEqual({
      device_id: { ...text, description: 'Mine.', examples: ['d'] },
      model: { ...text, description, examples: [example] },
    });
    expect(schema).toEqual(before);
  });

  it('has no example that it does not allow', () => {
    const withDescription = described(object({ phase: { enum: ['resting'] } }), 'X') as {
      properties: { phase: object };
    };
    expect(withDescription.properties.phase).not.toHaveProperty('examples');
  });

  it('is described to its depth', () => {
    const nested = { type: 'array', items: object({ model: text }) };
    expect(JSON.stringify(described(object({ x: nested }), 'X'))).toContain(descriptionOf('', 'model')![0]);
    const { $defs } = describedSchemaOf(RolloutSpec) as { $defs: Record<string, { properties: object }> };
    expect(Object.keys($defs)).toEqual(Object.keys(schemaOf(RolloutSpec)['$defs'] as object));
    expect(JSON.stringify($defs['StagedWave']!.properties)).toContain(descriptionOf('StagedWave', 'soak_s')![0]);
  });
});

describe('an example', () => {
  it.each<[JsonSchema, unknown]>([
    [{ ...text, examples: ['a'], enum: ['b'] }, 'a'],
    [{ const: 1 }, 1],
    [{ enum: ['a', 'b'] }, 'a'],
    [{ type: 'integer', default: 5, minimum: 1 }, 5],
    [{ type: 'integer', minimum: 3 }, 3],
    [{ type: ['string', 'null'], format: 'date-time' }, '2026-03-01T08:30:00Z'],
    [{ ...text, pattern: TIME_PATTERN.source }, '2026-03-01T08:30:00Z'],
    [{ type: 'array', items: { const: 1 } }, [1]],
    [{ anyOf: [{ $ref: '#/x/One' }, { type: 'null' }] }, { a: false }],
    [{ allOf: [{ $ref: '#/x/One' }, object({ b: { const: 2 } })] }, { a: false, b: 2 }],
    [text, undefined],
    [object({ a: text, b: { const: 2 } }), { b: 2 }],
  ])('of %j is put together', (schema, value) => {
    expect(exampleOf(schema, { One: object({ a: { type: 'boolean' } }) })).toEqual(value);
  });
});
