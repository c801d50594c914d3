import { describe, expect, it } from 'vitest';
import { upcast } from './upcast.js';

const versionOf = (version: number) => `urn:edgeflow:event:DeviceConnected:${version}`;

describe('a stored payload', () => {
  it('of the newest version stays as it is', () => {
    const data = { session_id: 'ses_1' };
    expect(upcast('DeviceConnected', versionOf(2), data)).toBe(data);
  });

  it.each([undefined, versionOf(1), 'https://schemas.test/DeviceConnected/v1.json'])(
    'of the first version (%s) has a session where it had a tunnel',
    (dataschema) => {
      expect(upcast('DeviceConnected', dataschema, { tunnel_id: 'tun_1', version: '1.0.0' })).toEqual({
        ...{ session_id: 'tun_1', protocol: 'edgeflow.ota.v1', version: '1.0.0' },
      });
    },
  );

  it.each([null, 'text', 7])('that is no object is left to whoever checks it: %s', (data) => {
    expect(upcast('DeviceDisconnected', undefined, data)).toBe(data);
  });

  it('of a version that is not known is refused by name', () => {
    expect(() => upcast('DeviceConnected', versionOf(3), {})).toThrow('version 3 of DeviceConnected is not known');
  });
});
