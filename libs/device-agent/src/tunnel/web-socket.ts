import type { Agent } from 'node:http';
import { refusalIn } from '@edgeflow/client/node';
import { TUNNEL_FRAME_BYTES, TUNNEL_PROTOCOL, messageOf } from '@edgeflow/contracts';
import { WebSocket } from 'ws';
import { BODY_MAX } from '../cloud/body-max.js';
import type { TunnelEvents, TunnelSocket } from '../cloud/network.js';

/** Opens the WebSocket of a tunnel. @param agent the connections of TLS, where it is TLS */
export function openWebSocket(
  { url, token, agent }: { url: URL; token: string; agent?: Agent },
  events: TunnelEvents,
): TunnelSocket {
  const socket = new WebSocket(url, TUNNEL_PROTOCOL, {
    headers: { authorization: `Bearer ${token}` },
    ...(agent && { agent }),
    maxPayload: TUNNEL_FRAME_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
  });
  socket.on('open', () => events.opened());
  socket.on('ping', () => events.pinged());
  socket.on('message', (data) => events.said(data.toString()));
  socket.on('error', (error) => events.failed(messageOf(error)));
  socket.on('close', (code, reason) => events.closed(code, reason.toString()));
  socket.on('unexpected-response', (_request, response) => {
    void refusalIn('GET /gateway/v1/tunnel', response, BODY_MAX).then((refusal) => {
      events.refused(refusal);
      socket.terminate();
    });
  });
  return {
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    get waiting() {
      return socket.bufferedAmount;
    },
    send: (text) => socket.send(text),
    close: () => socket.close(1000),
    cut: () => socket.terminate(),
  };
}
