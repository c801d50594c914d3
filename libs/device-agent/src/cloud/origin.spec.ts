import { describe, expect, it } from 'vitest';
import { parseOrigin } from './origin.js';

describe('an origin', () => {
  it('gives the two addresses', () => {
    const { http, tunnel } = parseOrigin('https://localhost:8443');
    expect([http, tunnel.href]).toEqual(['https://localhost:8443', 'wss://localhost:8443/gateway/v1/tunnel']);
  });

  it('may be plain on loopback', () => {
    expect(parseOrigin('http://127.0.0.1:8080').tunnel.href).toBe('ws://127.0.0.1:8080/gateway/v1/tunnel');
  });

  it.each(['http://ota.example.com', 'ftp://localhost', 'localhost', 'http://localhost.example.com'])(
    'is refused: %s',
    (origin) => {
      expect(() => parseOrigin(origin)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    },
  );
});
