import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertShape, deviceFrames, type SchemaClass } from '@edgeflow/contracts';
import { parseFrame } from './frames.js';

const nested = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;

describe('a frame of a device', () => {
  it('is known by its type', () => {
    const frame = { type: 'progress', update_id: 'upd-1', phase: 'downloading', progress: 40 };
    expect(parseFrame(JSON.stringify(frame))).toEqual({ kind: 'frame', frame, remarks: [] });
  });

  it('may have fields that we do not know', () => {
    const text = '{"type":"url","update_id":"upd-1","reason":"expired"}';
    expect(parseFrame(text)).toEqual({
      kind: 'frame',
      frame: { type: 'url', update_id: 'upd-1' },
      remarks: [{ code: 'unknown-member', detail: 'url: reason is not known here' }],
    });
  });

  it('may be of a type that we do not know', () => {
    expect(parseFrame('{"type":"telemetry"}')).toEqual({ kind: 'unknown-type', name: 'telemetry' });
    expect(parseFrame('{"type":"constructor"}')).toEqual({ kind: 'unknown-type', name: 'constructor' });
  });

  it.each([
    ['no JSON', 'hello'],
    ['a list that is nested too deeply', nested],
    ['a hello that is nested too deeply', `{"type":"hello","version":"1.0.0","x":${nested}}`],
    ['no object', '[1]'],
    ['null', 'null'],
    ['no type and no update', '{"code":"install-failed"}'],
    ['a type that is no string', '{"type":7}'],
    ['a hello without a version', '{"type":"hello","model":"m","boot_id":"b"}'],
  ])('is bad with %s', (_, text) => {
    expect(parseFrame(text).kind).toBe('bad');
  });

  it.each([
    ['names no update', '{"type":"url"}', 'update-id-missing'],
    ['names an update that would not fit into a subject', '{"type":"failed","update_id":"a.>"}', 'update-id-missing'],
    [
      'names a phase that is none',
      '{"type":"progress","update_id":"u","phase":"unpacking","progress":5}',
      'unknown-phase',
    ],
  ])('is answered and passed over when it %s', (_, text, code) => {
    expect(parseFrame(text)).toMatchObject({ kind: 'ignored', remarks: [{ code }] });
  });

  it('of an update without a type is no reason to end the tunnel', () => {
    expect(parseFrame('{"update_id":"upd-1","code":"install-failed"}').kind).toBe('unknown-type');
  });

  it('is taken with a text that no event may hold, without what is wrong with it', () => {
    const text = '{"type":"failed","update_id":"upd-1","code":"install-failed","message":"a\\u0000b\\ud800"}';
    expect(parseFrame(text)).toMatchObject({ kind: 'frame', frame: { message: 'a\u{fffd}b\u{fffd}' } });
  });

  it('never throws', () => {
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ type: fc.constantFrom('hello', 'url') }).map((v) => JSON.stringify(v)),
    );
    fc.assert(fc.property(any, (text) => ['frame', 'ignored', 'unknown-type', 'bad'].includes(parseFrame(text).kind)));
  });
});

describe('a report of failure', () => {
  const failure = (members: object): unknown => {
    const parsed = parseFrame(JSON.stringify({ type: 'failed', update_id: 'upd-1', ...members }));
    return parsed.kind === 'frame' ? parsed.frame : parsed;
  };

  it('is cut where its message is too long, between two characters', () => {
    expect(failure({ code: 'install-failed', message: 'x'.repeat(3_000) })).toMatchObject({
      message: 'x'.repeat(1_024),
    });
    const { message } = failure({ code: 'install-failed', message: `x${'😀'.repeat(600)}` }) as { message: string };
    expect(message).toHaveLength(1_024);
    expect(message.isWellFormed()).toBe(true);
  });

  it.each<[string, object, string]>([
    ['a code with a blank', { code: 'Install Failed', message: 'no room' }, 'Install Failed: no room'],
    ['an empty code', { code: '', message: 'no room' }, 'no room'],
    ['no code', { message: 'no room' }, 'no room'],
    ['null', { code: null, message: 'no room' }, 'no room'],
    ['a number', { code: 28, message: 'no room' }, '28: no room'],
    ['an object', { code: { errno: 28 }, message: 'no room' }, '{"errno":28}: no room'],
    ['a code of 500 characters', { code: 'x'.repeat(500), message: 'no room' }, `${'x'.repeat(256)}: no room`],
    ['nothing at all', {}, ''],
  ])('with %s as its code is unspecified, in the words of the device', (_, members, message) => {
    expect(failure(members)).toEqual({ type: 'failed', update_id: 'upd-1', code: 'unspecified', message });
  });

  it.each<[unknown, string]>([
    [undefined, ''],
    [null, ''],
    [7, '7'],
    [{ err: 'x' }, '{"err":"x"}'],
  ])('may have the message %j', (message, said) => {
    expect(failure({ code: 'install-failed', message })).toMatchObject({ code: 'install-failed', message: said });
  });
});

describe('progress', () => {
  const percent = (progress: unknown): unknown => {
    const parsed = parseFrame(
      `{"type":"progress","update_id":"u","phase":"downloading","progress":${String(progress)}}`,
    );
    return parsed.kind === 'frame' && parsed.frame.type === 'progress' ? parsed.frame.progress : parsed;
  };

  it.each([
    ['12.6', 13],
    ['-5', 0],
    ['250', 100],
    ['1e999', 100],
    ['"42"', 42],
    ['" 41.7 % "', 42],
    ['"lots"', undefined],
    ['null', undefined],
    ['[50]', undefined],
  ])('%s is taken as %s', (said, taken) => expect(percent(said)).toBe(taken));
});

describe('a hello', () => {
  const helloOf = (members: object): unknown => {
    const parsed = parseFrame(
      JSON.stringify({ type: 'hello', version: '1.0.0', model: 'm', boot_id: 'b', ...members }),
    );
    return parsed.kind === 'frame' ? parsed.frame : parsed;
  };

  it.each([
    ['v2.0.0', 'v2.0.0'],
    ['1.0', '1.0'],
    ['1.2.3.4', '1.2.3.4'],
    ['factory-2019-07', 'factory-2019-07'],
    ['Grüße 2', 'Grüße 2'],
    ['1.2.3\n', '1.2.3'],
    ['a\u0000b\u001b', 'a\ufffdb\ufffd'],
    [2, '2'],
    ['x'.repeat(300), 'x'.repeat(128)],
  ])('may name the version %j', (version, taken) => expect(helloOf({ version })).toMatchObject({ version: taken }));

  it.each([[undefined], [null], [''], ['  '], [{}], [true]])('names no version with %j', (version) => {
    expect(helloOf({ version })).toMatchObject({ kind: 'bad' });
  });

  it('is taken without what is odd beside its version', () => {
    expect(helloOf({ model: null, boot_id: 7, agent: 'x'.repeat(300), failed: 'yes' })).toEqual({
      ...{ type: 'hello', version: '1.0.0', boot_id: '7', agent: 'x'.repeat(128) },
    });
    expect(helloOf({ boot_id: undefined })).toMatchObject({ boot_id: 'unknown' });
  });

  it('may say how the last update ended, as a report does', () => {
    const failed = { update_id: 'upd-1', code: 'Health check', message: 'no network' };
    expect(helloOf({ failed })).toMatchObject({
      failed: { update_id: 'upd-1', code: 'unspecified', message: 'Health check: no network' },
    });
  });
});

describe('whatever is taken of a frame', () => {
  it('has the shape of the contracts', () => {
    const value = fc.oneof(fc.jsonValue(), fc.string({ maxLength: 1_500, unit: 'binary' }), fc.double());
    const members = fc.record(
      { version: value, model: value, boot_id: value, agent: value, failed: value },
      { requiredKeys: ['version'] },
    );
    const reports = fc.record({ phase: value, progress: value, code: value, message: value }, { requiredKeys: [] });
    const frame = fc.oneof(
      members.map((rest) => ({ ...rest, type: 'hello' as const })),
      fc
        .tuple(fc.constantFrom('failed', 'progress', 'url'), reports)
        .map(([type, rest]) => ({ ...rest, type, update_id: 'u' })),
    );
    fc.assert(
      fc.property(frame, (said) => {
        const parsed = parseFrame(JSON.stringify(said));
        if (parsed.kind !== 'frame') return;
        const { type } = parsed.frame;
        const missing = { hello: { model: 'm' }, progress: { progress: 0 }, failed: {}, url: {} }[type];
        assertShape(deviceFrames[type] as SchemaClass, {
          ...missing,
          ...parsed.frame,
          ...(type === 'hello' && missing),
        });
      }),
      { numRuns: 300 },
    );
  });
});
