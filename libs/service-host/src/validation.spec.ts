import { IsA, IsText, MaintenanceWindow } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { Optional } from './optional.js';
import { validation } from './validation.js';

const pipe = validation();
const body = (metatype: new () => object) => ({ type: 'body', metatype }) as const;

class Named {}

describe('a body of which only its route knows what is in it', () => {
  it.each([[undefined], [null], [[]], ['text'], [7]])('is refused when it is %j', (value) => {
    expect(() => void pipe.transform(value, body(Object))).toThrow('The body must be a JSON object');
  });

  it('comes to its route as it is', async () => {
    expect(await pipe.transform({ a: 1 }, body(Object))).toEqual({ a: 1 });
  });
});

describe('a body of a class', () => {
  it('is an empty one when it is not there', async () => {
    for (const value of [undefined, null]) expect(await pipe.transform(value, body(Named))).toEqual({});
  });
});

class Wish {
  @Optional() @IsText(8) reason?: string;
  @Optional({ enum: ['a', 'b'] }) letter?: 'a' | 'b';
  @Optional() @IsA(() => MaintenanceWindow) window?: MaintenanceWindow;
  @Optional({ type: String, nullable: true }) @IsText(8) fleet?: string | null;
}

describe('a member that may be left out', () => {
  it.each(['reason', 'letter', 'window'])('is refused as null, in words: %s', async (member) => {
    const asked = pipe.transform({ [member]: null }, body(Wish)) as Promise<object>;
    await expect(asked).rejects.toMatchObject({
      code: 'invalid-request',
      detail: `${member} must not be null: leave it out`,
      facts: { violations: [{ field: member }] },
    });
  });

  it('is null where that has a meaning', async () => {
    expect(await pipe.transform({ fleet: null }, body(Wish))).toEqual({ fleet: null });
  });

  it('is left out', async () => {
    for (const value of [{}, { reason: undefined }]) expect(await pipe.transform(value, body(Wish))).toEqual(value);
  });
});
