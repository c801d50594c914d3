import { describe, expect, it } from 'vitest';
import { takesTransportSecurity } from './transport-security.js';

describe('strict transport security', () => {
  it.each(['ota.example.com', 'ota.example.com:8443', 'localhost.example.com', '1.example'])('is for %s', (host) =>
    expect(takesTransportSecurity(host)).toBe(true),
  );

  it.each([
    undefined,
    '',
    'localhost',
    'LOCALHOST:8443',
    'ota.localhost',
    '192.0.2.1',
    '192.0.2.1:8443',
    '[2001:db8::1]:8443',
  ])('is not for %s', (host) => expect(takesTransportSecurity(host)).toBe(false));
});
