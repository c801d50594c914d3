/**
 * What servers answer clients that say in the TLS handshake what they speak (RFC 7301). A client that offers only `http/1.0`, as curl does when it is told to,
 * would be cut off by the list that Node has by itself.
 */
export const ALPN_PROTOCOLS = ['http/1.1', 'http/1.0'];
