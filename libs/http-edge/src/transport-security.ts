/** Hosts that no browser may be told to ask by https only: it would then do so on every port (RFC 6797, sections 8.1.1 and 8.3). */
const NO_NAME = /^(localhost|[^:]*\.localhost|[\d.]+|\[.*\])(:\d+)?$/i;

/** Whether a client of this host may be sent `Strict-Transport-Security`: only where it has a name that is its own. */
export function takesTransportSecurity(host: string | undefined): boolean {
  return host !== undefined && host !== '' && !NO_NAME.test(host);
}
