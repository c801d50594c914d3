import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POSTPONE_MAX_S, assertShape, deviceFrames, type SchemaClass } from '@edgeflow/contracts';
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

  it.each([{ type: 'failed', code: 'x', message: '' }, { type: 'progress', phase: 'downloading' }, { type: 'url' }])(
    'is of the update whose id a line end follows: $type',
    (members) => {
      const parsed = parseFrame(JSON.stringify({ ...members, update_id: ' upd-1\n' }));
      expect(parsed).toMatchObject({ kind: 'frame', frame: { ...members, update_id: 'upd-1' } });
    },
  );

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

describe('a report of failure in what is no JSON', () => {
  const said = (text: string): unknown => {
    const parsed = parseFrame(text);
    return parsed.kind === 'frame' ? parsed.frame : parsed.kind;
  };
  const report = { type: 'failed', update_id: 'upd-1', code: 'install-failed' };

  it.each([
    ['a line end in its message', '"message":"no\nroom"}', 'no\nroom'],
    ['quotes in its message', '"message":"cannot open "/dev/mtd1""}', 'cannot open "/dev/mtd1"'],
    ['a backslash in its message', '"message":"C:\\windows"}', 'C:\\windows'],
    ['its end cut off', '"message":"no ro', 'no ro'],
    ['no value', '"message":}', ''],
    ['a comma too many', '"message":"no room",}', 'no room",'],
  ])('with %s is taken', (_, rest, message) => {
    expect(said(`{"type":"failed", "update_id" : "upd-1","code":"install-failed",${rest}`)).toEqual({
      ...report,
      message,
    });
  });

  it('is cut, and unspecified where its code cannot be read', () => {
    const text = `{"update_id":"upd-1","message":"${'x'.repeat(100_000)}","type":"failed`;
    expect(said(`${text}"`)).toEqual({ ...report, code: 'unspecified', message: 'x'.repeat(1_024) });
    expect(said(text)).toBe('bad');
  });

  it.each([
    ['a list', (frame: string) => `[${frame}]`],
    ['another object', (frame: string) => `{"data":${frame}}`],
    ['a text', (frame: string) => JSON.stringify(frame)],
    ['what is nested too deeply', (frame: string) => `{"x":${nested},"data":${frame}}`],
    ['a second line', (frame: string) => `{"type":"url","update_id":"upd-1"}\n${frame}`],
  ])('in %s is taken', (_, inside) => {
    const frame = '{"message":"no room","type":"failed","update_id":"upd-1","code":"install-failed"}';
    expect(said(inside(frame))).toMatchObject(report);
  });

  it.each(['[{…}]', '{"data":[{…} ]}'])('in %s has no more to its message', (around) => {
    const frame = '"type":"failed","update_id":"upd-1","code":"install-failed","message":"no room"';
    expect(said(around.replace('…', frame))).toEqual({ ...report, message: 'no room' });
  });

  it('in the quotes of Python is taken', () => {
    const text = `{'type': 'failed', 'update_id': 'upd-1', 'code': 'install-failed', 'message': "can't write"}`;
    expect(said(text)).toEqual({ ...report, message: "can't write" });
    expect(said(`{'type': 'failed', 'code': 'upd-1'}`)).toBe('bad');
  });

  it('is none where it names no update, or says something else', () => {
    expect(said('{"type":"failed","update_id":"a.>","code":"x"')).toBe('bad');
    expect(said('{"type":"hello","version":"1.0.0"')).toBe('bad');
  });

  it('does not take long to be found', () => {
    // Each of these could be the beginning of a member; the whole is looked at once.
    expect(said(`{"type":"failed"${'"update_id"      "code" : '.repeat(40_000)}`)).toBe('bad');
    expect(said(`{"type":"failed","update_id":"u","message":"${' '.repeat(1_000_000)}x`)).toMatchObject({
      code: 'unspecified',
    });
  });
});

describe('progress in what is no JSON', () => {
  it.each(['NaN', 'nan', '-inf', 'Infinity', '12,5', ''])('as %s is its phase', (number) => {
    const parsed = parseFrame(`{"type":"progress","update_id":"u","phase":"installing","progress":${number}}`);
    expect(parsed).toMatchObject({
      ...{ kind: 'frame', frame: { type: 'progress', update_id: 'u', phase: 'installing' } },
      remarks: [{ code: 'frame-invalid' }],
    });
  });

  it('is passed over where its phase is none', () => {
    expect(parseFrame('{"type":"progress","update_id":"u","phase":"unpacking","progress":NaN}')).toMatchObject({
      ...{ kind: 'ignored', remarks: [{ code: 'frame-invalid' }, { code: 'unknown-phase' }] },
    });
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

describe('postpone', () => {
  const postpone = (members: object): unknown => {
    const parsed = parseFrame(JSON.stringify({ type: 'postpone', update_id: 'u', ...members }));
    return parsed.kind === 'frame' && parsed.frame.type === 'postpone' ? parsed.frame : parsed;
  };
  const remarks = (members: object) => {
    const parsed = parseFrame(JSON.stringify({ type: 'postpone', update_id: 'u', ...members }));
    return parsed.kind === 'frame' ? parsed.remarks.map(({ code }) => code) : [];
  };

  it('is taken as it is', () => {
    expect(postpone({ for_s: 600, reason: 'on the road' })).toEqual({
      ...{ type: 'postpone', update_id: 'u', for_s: 600, reason: 'on the road' },
    });
    expect(remarks({ for_s: 600, reason: 'on the road' })).toEqual([]);
    expect(remarks({ for_s: POSTPONE_MAX_S })).toEqual([]);
  });

  it.each([
    [0, 1],
    [-5, 1],
    [0.4, 1],
    [59.6, 60],
    ['600', 600],
    [1e12, POSTPONE_MAX_S],
    [undefined, 3_600],
    [null, 3_600],
    ['tomorrow', 3_600],
    [[60], 3_600],
  ])('for %j seconds is for %d', (for_s, taken) => {
    expect(postpone({ for_s })).toMatchObject({ for_s: taken });
    expect(remarks({ for_s })).toContain('member-invalid');
  });

  it.each([
    ['x'.repeat(300), 'x'.repeat(256)],
    [7, '7'],
    [{ a: 1 }, '{"a":1}'],
    ['', undefined],
  ])('with the reason %j has %j', (reason, taken) => {
    const frame = postpone({ for_s: 60, reason }) as { reason?: string };
    expect(frame.reason).toBe(taken);
  });

  it('is passed over where it names no update', () => {
    expect(postpone({ update_id: 'a.>', for_s: 60 })).toMatchObject({
      ...{ kind: 'ignored', remarks: [{ code: 'update-id-missing' }] },
    });
  });

  it.each([
    ['{"type":"postpone","update_id":"u","for_s":90,"reason":"the "driver" is away"}', 90],
    ["{'type': 'postpone', 'update_id': 'u', 'for_s': 90}", 90],
    ['[{"type":"postpone","update_id":"u","for_s":90}]', 90],
    ['{"type":"postpone","update_id":"u","for_s":', 3_600],
  ])('is taken of what is no frame: %s', (text, for_s) => {
    expect(parseFrame(text)).toMatchObject({
      ...{ kind: 'frame', frame: { type: 'postpone', update_id: 'u', for_s }, remarks: [{ code: 'frame-invalid' }] },
    });
  });
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

  it('may say it in a list, of which the last one counts, or in a text', () => {
    const failed = { update_id: 'upd-1', code: 'rolled-back', message: 'no network' };
    expect(helloOf({ failed: [{ ...failed, update_id: 'upd-0' }, failed, 'x'] })).toMatchObject({ failed });
    expect(helloOf({ failed: JSON.stringify(failed) })).toMatchObject({ failed });
    expect(helloOf({ failed: ['upd-1'] })).not.toHaveProperty('failed');
  });
});

describe('whatever is taken of a frame', () => {
  it('has the shape of the contracts', () => {
    const value = fc.oneof(fc.jsonValue(), fc.string({ maxLength: 1_500, unit: 'binary' }), fc.double());
    const members = fc.record(
      { version: value, model: value, boot_id: value, agent: value, failed: value },
      { requiredKeys: ['version'] },
    );
    const reports = fc.record(
      { phase: value, progress: value, code: value, message: value, for_s: value, reason: value },
      { requiredKeys: [] },
    );
    const frame = fc.oneof(
      members.map((rest) => ({ ...rest, type: 'hello' as const })),
      fc
        .tuple(fc.constantFrom('failed', 'postpone', 'progress', 'url'), reports)
        .map(([type, rest]) => ({ ...rest, type, update_id: 'u' })),
    );
    fc.assert(
      fc.property(frame, (said) => {
        const parsed = parseFrame(JSON.stringify(said));
        if (parsed.kind !== 'frame') return;
        const { type } = parsed.frame;
        const missing = { hello: { model: 'm' }, progress: { progress: 0 }, failed: {}, postpone: {}, url: {} }[type];
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

describe('a hello that says whether its version stays', () => {
  const parsed = (confirmed: unknown) =>
    parseFrame(JSON.stringify({ type: 'hello', version: '1.0.0', model: 'm', boot_id: 'b', confirmed }));

  it.each([
    [true, true],
    [false, false],
    ['false', false],
    [' TRUE ', true],
  ])('%j is taken', (said, confirmed) => {
    expect(parsed(said)).toMatchObject({ kind: 'frame', frame: { confirmed } });
  });

  it.each([null, 1, 'perhaps', {}])('%j is as if it was not said', (said) => {
    const frame = parsed(said);
    expect(frame).toMatchObject({ kind: 'frame', remarks: [{ code: 'member-invalid' }] });
    expect(frame).not.toHaveProperty('frame.confirmed');
  });
});
