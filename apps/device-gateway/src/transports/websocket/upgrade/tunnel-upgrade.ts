import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Refused, TUNNEL_MESSAGE_BYTES, TUNNEL_PROTOCOL } from '@edgeflow/contracts';
import { hostFault } from '@edgeflow/http-edge';
import { Clock } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ProvenDevice } from '../../../devices/device-credential.js';
import { FrameRoom } from '../frame-room.js';
import { noFrameRoom } from '../socket-endings.js';
import { Tunnels } from '../tunnels.js';
import { UpgradeEdges } from './upgrade-edges.js';
import { refuseUpgrade } from './upgrade-refusal.js';

const PATH = '/gateway/v1/tunnel';
/** The largest message in pieces of 1 KiB, as small devices send them: no device has a reason to take it apart further. */
const FRAGMENTS_MAX = TUNNEL_MESSAGE_BYTES / 1024;
/** How long a closing handshake may keep a stopping gateway, in milliseconds. */
const CLOSE_MS = 1_000;
/**
 * How long it may keep a connection otherwise: who goes on sending what nobody reads any more never comes to the end of it. The types
 * of ws do not know the option yet.
 */
const HANDSHAKE = { closeTimeout: 5_000 };

/** The way in: checks who asks for a tunnel before a WebSocket is made of the connection. */
@Injectable()
export class TunnelUpgrade implements BeforeApplicationShutdown {
  private readonly server = new WebSocketServer({
    ...HANDSHAKE,
    noServer: true,
    // What is far above a frame's limit is not even read (1009).
    maxPayload: TUNNEL_MESSAGE_BYTES,
    maxFragments: FRAGMENTS_MAX,
    // What is none is read as far as it is.
    skipUTF8Validation: true,
    perMessageDeflate: false,
    handleProtocols: () => TUNNEL_PROTOCOL,
  });

  private readonly room = new FrameRoom();

  constructor(
    private readonly tunnels: Tunnels,
    private readonly edges: UpgradeEdges,
    private readonly clock: Clock,
  ) {
    // What ws itself refuses, e.g. another version of the protocol.
    this.server.on('wsClientError', ({ message }, socket, request) =>
      this.refuse(request, socket, new Refused('invalid-request', message)),
    );
  }

  /** Takes every upgrade request of an HTTP server. */
  attach(http: Server): void {
    http.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
  }

  /** Why a request for a tunnel that is no upgrade is refused; it leaves the same trace. */
  refusalOfPlain(request: IncomingMessage): Refused {
    const detail =
      'A tunnel is a WebSocket: the request has no such Upgrade header, or a proxy in between has dropped it';
    const refused = new Refused('invalid-request', detail);
    this.note(request, refused);
    return refused;
  }

  /** When the sessions have ended: waits for the closing handshakes, one second at most, and drops the connections that are left. */
  async beforeApplicationShutdown(): Promise<void> {
    const until = this.clock.steady_ms() + CLOSE_MS;
    while (this.server.clients.size > 0 && this.clock.steady_ms() < until) await this.clock.sleep(20);
    for (const client of this.server.clients) client.terminate();
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until ws takes over, nobody else listens; a device that goes away meanwhile is no event.
    const ignore = (): void => void socket.destroy();
    socket.on('error', ignore);
    try {
      const proven = await this.admit(request);
      if (socket.destroyed) return;
      socket.off('error', ignore);
      this.server.handleUpgrade(request, socket, head, (ws) => this.open(ws, socket, proven));
    } catch (error) {
      this.refuse(request, socket, refusalOf(error));
    }
  }

  private refuse(request: IncomingMessage, socket: Duplex, refused: Refused): void {
    this.note(request, refused);
    refuseUpgrade(socket, refused, { path: pathOf(request), at: this.tunnels.now() }, this.clock);
  }

  private note({ headers }: IncomingMessage, refused: Refused): void {
    this.tunnels.note(refused, headers.authorization);
  }

  private open(ws: WebSocket, wire: Duplex, proven: ProvenDevice): void {
    const session = this.tunnels.open(ws, proven);
    this.room.watch(ws, wire, () => {
      session.end(noFrameRoom);
      ws.terminate();
    });
  }

  /** @throws Refused with the reason, cheap checks first */
  private async admit(request: IncomingMessage): Promise<ProvenDevice> {
    if (pathOf(request) !== PATH) throw new Refused('not-found', 'There is no tunnel at this path');
    checkHost(request);
    this.edges.checkOrigin(request);
    checkProtocol(request);
    return this.tunnels.admit({
      authorization: request.headers.authorization,
      ip: this.edges.addressOf(request),
      isGone: () => request.socket.destroyed,
      check: (device) => this.edges.checkCertificate(device, request),
    });
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}

function checkHost(request: IncomingMessage): void {
  const fault = hostFault(request);
  if (fault !== undefined) throw new Refused('invalid-request', fault);
}

function checkProtocol({ headers }: IncomingMessage): void {
  const offered = headers['sec-websocket-protocol']?.split(',').map((protocol) => protocol.trim()) ?? [];
  if (!offered.includes(TUNNEL_PROTOCOL)) {
    throw new Refused('invalid-request', `The subprotocol must be ${TUNNEL_PROTOCOL}`);
  }
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  logger.error({ err: error }, 'an upgrade failed');
  return new Refused('internal-error');
}
