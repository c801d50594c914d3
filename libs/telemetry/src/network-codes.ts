const CODES: readonly unknown[] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  // A machine that has gone, and a network that is cut off.
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
];

/** True for an error's `code` by which Node says that nobody was reached, or that a connection broke: that passes by itself. */
export function isNetworkCode(code: unknown): boolean {
  return CODES.includes(code);
}
