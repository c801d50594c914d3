import { describe, expect, it } from 'vitest';
import { readCloudFrame } from './frames.js';

describe('a frame of the cloud', () => {
  it('may have fields that are not known', () => {
    const text = JSON.stringify({ type: 'cancel', update_id: 'upd_1', why: 'newer cloud' });
    expect(readCloudFrame(text)).toMatchObject({ type: 'cancel', update_id: 'upd_1' });
  });

  it('of an unknown type is told apart, not refused', () => {
    expect(readCloudFrame('{"type":"firework"}')).toEqual({ unknown: 'firework' });
  });

  it.each(['', '[]', 'null', '{}', '{"type":7}', '{"type":"cancel"}', '{"type":"toString"'])('refuses %j', (text) => {
    expect(() => readCloudFrame(text)).toThrow();
  });
});
