import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFrame } from './frames.js';

describe('a frame of a device', () => {
  it('is known by its type', () => {
    const frame = { type: 'progress', update_id: 'upd-1', phase: 'downloading', progress: 40 };
    expect(parseFrame(JSON.stringify(frame))).toEqual({ kind: 'frame', frame });
  });

  it('may have fields that we do not know', () => {
    const text = '{"type":"url","update_id":"upd-1","reason":"expired"}';
    expect(parseFrame(text)).toMatchObject({ kind: 'frame', frame: { type: 'url', update_id: 'upd-1' } });
  });

  it('may be of a type that we do not know', () => {
    expect(parseFrame('{"type":"telemetry"}')).toEqual({ kind: 'unknown-type', name: 'telemetry' });
    expect(parseFrame('{"type":"constructor"}')).toEqual({ kind: 'unknown-type', name: 'constructor' });
  });

  it.each([
    ['no JSON', 'hello'],
    ['JSON that is nested too deeply', `{"type":"url","update_id":"u","x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
    ['no object', '[1]'],
    ['null', 'null'],
    ['no type', '{"update_id":"upd-1"}'],
    ['a type that is no string', '{"type":7}'],
    ['a missing field', '{"type":"url"}'],
    ['a progress above 100', '{"type":"progress","update_id":"u","phase":"downloading","progress":101}'],
    ['an id that would not fit into a subject', '{"type":"url","update_id":"a.>"}'],
    ['a version that is none', '{"type":"hello","version":"one","model":"m","boot_id":"b"}'],
  ])('is bad with %s', (_, text) => {
    expect(parseFrame(text).kind).toBe('bad');
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
    fc.assert(fc.property(any, (text) => ['frame', 'unknown-type', 'bad'].includes(parseFrame(text).kind)));
  });
});
