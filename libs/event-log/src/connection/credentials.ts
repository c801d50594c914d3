import { urlFault } from '@edgeflow/configuration';
import type { NodeConnectionOptions } from '@nats-io/transport-node';
import type { EventLogOptions } from '../types.js';

/** What `connect` of the client is given of the options: where, as whom, and whether in TLS. */
type Access = Pick<NodeConnectionOptions, 'servers' | 'user' | 'pass' | 'tls' | 'inboxPrefix'>;

const RULES = {
  protocols: ['nats:', 'tls:'],
  like: 'nats://host:4222 or tls://host:4222',
  credentials: true,
};

/**
 * The client's options. The client knows no credentials in a URL and would speak plainly to `tls://`: both are read here.
 * @throws Error of one line, without the URL, when an address cannot be read or a user has no inbox
 */
export function accessOf(options: EventLogOptions): Access {
  const urls = options.servers.split(',').map(addressOf);
  const named = urls.find(({ username }) => username !== '');
  const user = options.user ?? (named && decodeURIComponent(named.username));
  const pass = options.password ?? (named && decodeURIComponent(named.password));
  const secure = options.ca !== undefined || urls.some(({ protocol }) => protocol === 'tls:');
  return {
    servers: urls.map(({ host }) => host),
    ...(user !== undefined && { user, pass: pass ?? '', inboxPrefix: inboxOf(user) }),
    // Said at all, it keeps the client from handing its password to a server that offers no TLS.
    ...(secure && { tls: options.ca === undefined ? {} : { ca: options.ca } }),
  };
}

/** Servers as they may stand in a log line. */
export function shownServers(servers: string): string {
  return servers.replace(/\/\/[^@/,]*@/g, '//');
}

/** Why a text is no address of NATS; undefined when it is one. Never repeats it: it may hold a password. */
export function addressFault(server: string): string | undefined {
  return urlFault(spelledOut(server), RULES) ?? userFault(new URL(spelledOut(server)));
}

/** True for a user's name that can stand in a subject, as that of its inbox does. */
export function isInboxWord(user: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(user);
}

function userFault({ username }: URL): string | undefined {
  return username === '' || isInboxWord(decodeURIComponent(username)) ? undefined : 'its user is no word of a subject';
}

/** A user may be limited to an inbox of its own, so it never takes the common one. */
function inboxOf(user: string): string {
  if (!isInboxWord(user)) throw new Error(`the NATS user ${user} is no word that a subject may hold, as its inbox is`);
  return `_INBOX_${user}`;
}

function addressOf(server: string): URL {
  const fault = urlFault(spelledOut(server), RULES);
  if (fault !== undefined) throw new Error(`an address of NATS ${fault}`);
  const url = new URL(spelledOut(server));
  // Not a special scheme: the port stays, even one that is a scheme's own.
  if (url.port === '') url.port = '4222';
  return url;
}

function spelledOut(server: string): string {
  const text = server.trim();
  return /^\w+:\/\//.test(text) ? text : `nats://${text}`;
}
