import type { IncomingHttpHeaders } from 'node:http';
import type { ApiError, Fetch } from '@edgeflow/client';
import type { Outgoing } from '@edgeflow/client/node';

/** What of an answer the agent looks at: its head, and the body that comes in pieces. Node's `IncomingMessage` is one. */
export interface Incoming extends AsyncIterable<Buffer> {
  readonly statusCode?: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The rest of it is not wanted. */
  destroy(): unknown;
}

/** What happens to a tunnel, in this order; `closed` is the last. */
export interface TunnelEvents {
  /** The gateway has taken the upgrade. */
  opened(): void;
  /** The gateway says that it is there. */
  pinged(): void;
  /** A text frame came. */
  said(text: string): void;
  /** The gateway answered the upgrade with a refusal. */
  refused(refusal: ApiError): void;
  /** Something is wrong; what is the matter in words. */
  failed(message: string): void;
  /** @param code of the WebSocket's close; 1006 where there was none (RFC 6455, section 7.4.1) */
  closed(code: number, reason: string): void;
}

/** A tunnel's own end of the connection. */
export interface TunnelSocket {
  /** True from `opened` on until it closes. */
  readonly isOpen: boolean;
  /** Bytes that were sent and have not left yet. */
  readonly waiting: number;
  send(text: string): void;
  /** Says goodbye; the other end may take its time. */
  close(): void;
  /** Ends it at once, without a word. */
  cut(): void;
}

/** The device's network, as far as the agent uses it: requests, and one kind of tunnel. `Connections` is that of the machine. */
export interface Network {
  /** For EdgeFlowClient. */
  readonly fetch: Fetch;
  /**
   * Sends a request and answers with the response's head; its body is the stream. Redirects are not followed.
   * @throws the network's own error, or the signal's reason
   */
  request(url: URL, outgoing: Outgoing): Promise<Incoming>;
  /** Opens a tunnel; what comes of it is told by events, none of which comes before this returns. */
  openTunnel(to: { url: URL; token: string }, events: TunnelEvents): TunnelSocket;
}
