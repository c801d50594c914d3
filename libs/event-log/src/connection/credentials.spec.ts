import { describe, expect, it } from 'vitest';
import { accessOf, shownServers } from './credentials.js';

describe('how NATS is reached', () => {
  it('takes several servers and knows nobody by itself', () => {
    expect(accessOf({ servers: 'nats://n1:4222, n2', name: 'x' })).toEqual({ servers: ['n1:4222', 'n2:4222'] });
  });

  it('reads a user and its password from the URL, percent-encoded', () => {
    expect(accessOf({ servers: 'tls://edge:p%40ss%2F@n1:4443', name: 'x' })).toEqual({
      servers: ['n1:4443'],
      user: 'edge',
      pass: 'p@ss/',
      tls: {},
      inboxPrefix: '_INBOX_edge',
    });
  });

  it('prefers what is said beside the URL, and trusts the CA that is given', () => {
    const access = accessOf({
      servers: 'nats://a:b@n1',
      name: 'x',
      user: 'c',
      password: 'd',
      ca: 'PEM',
    });
    expect(access).toMatchObject({ user: 'c', pass: 'd', tls: { ca: 'PEM' }, inboxPrefix: '_INBOX_c' });
  });

  it('wants an inbox for a user whose name no subject can hold', () => {
    expect(() => accessOf({ servers: 'n1', name: 'x', user: 'a.b' })).toThrow(/no word that a subject may hold/);
  });

  it.each([
    ...['http://u:hunter2@n1', '::', 'nats://u:hunter2@', 'nats://u:hunter2%zz@n1'],
    // These parse, with the beginning of the password as port, and would be waited for.
    ...['nats://u:12/hunter2@n1', 'nats://u:12#hunter2@n1', 'nats://u:12?hunter2@n1'],
  ])('refuses %s without repeating it', (servers) => {
    expect(() => accessOf({ servers, name: 'x' })).toThrow(
      /^an address of NATS must be a URL like nats:((?!hunter2).)*$/,
    );
  });

  it('hides secrets in a list of servers', () => {
    expect(shownServers('tls://u:p@n1:1,nats://n2')).toBe('tls://n1:1,nats://n2');
  });
});
