import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, TUNNEL_FRAME_BYTES, TUNNEL_PROTOCOL } from '@edgeflow/contracts';
import { hostFault } from '@edgeflow/http-edge';
import { claimedDevice } from '@edgeflow/identity';
import { logger } from '@edgeflow/telemetry';
import { WebSocketServer } from 'ws';
import { proveDevice, type ProvenDevice } from '../devices/device-credential.js';
import type { Devices } from '../devices/devices.js';
import { refusedTunnel } from '../refusals/refusal.js';
import type { RefusalTrace } from '../refusals/refusal-trace.js';
import type { DeviceAddress, Tunnels } from '../tunnel/tunnels.js';
import type { UpgradeEdges } from './upgrade-edges.js';
import { refuseUpgrade } from './upgrade-refusal.js';

const PATH = '/gateway/v1/tunnel';
/** Frames are refused with 4400 above their limit; what is far above it is not even read (1009). */
const MAX_PAYLOAD_BYTES = 4 * TUNNEL_FRAME_BYTES;
/** A frame of the tunnel is small: no device has a reason to take it apart further. */
const FRAGMENTS_MAX = 64;
/** How long a closing handshake may keep a stopping gateway, in milliseconds. */
const CLOSE_MS = 1_000;
/**
 * How long it may keep a connection otherwise: who goes on sending what nobody reads any more never comes to the end of it. The types
 * of ws do not know the option yet.
 */
const HANDSHAKE = { closeTimeout: 5_000 };

/** The way in: checks who asks for a tunnel before a WebSocket is made of the connection. */
export class TunnelUpgrade {
  private readonly server = new WebSocketServer({
    ...HANDSHAKE,
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    maxFragments: FRAGMENTS_MAX,
    perMessageDeflate: false,
    handleProtocols: () => TUNNEL_PROTOCOL,
  });

  constructor(
    private readonly devices: Devices,
    private readonly tunnels: Tunnels,
    private readonly edges: UpgradeEdges,
    private readonly refusals: RefusalTrace,
  ) {}

  /** Takes every upgrade request of an HTTP server. */
  attach(http: Server): void {
    http.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
  }

  /** Waits for the closing handshakes, one second at most, and drops the connections that are left. */
  async stop(): Promise<void> {
    const until = Date.now() + CLOSE_MS;
    while (this.server.clients.size > 0 && Date.now() < until) await sleep(20);
    for (const client of this.server.clients) client.terminate();
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    // Until ws takes over, nobody else listens; a device that goes away meanwhile is no event.
    const ignore = (): void => void socket.destroy();
    socket.on('error', ignore);
    try {
      const { device, known } = await this.admit(request, path);
      if (socket.destroyed) return;
      socket.off('error', ignore);
      this.server.handleUpgrade(request, socket, head, (ws) => this.tunnels.open(ws, device, known));
    } catch (error) {
      const refused = refusalOf(error);
      const refusal = refusedTunnel(refused, claimedBy(request));
      if (refusal) this.refusals.note(refusal);
      refuseUpgrade(socket, refused, { path, at: this.devices.now() });
    }
  }

  /** @throws Refused with the reason, cheap checks first */
  private async admit(request: IncomingMessage, path: string): Promise<ProvenDevice> {
    if (path !== PATH) throw new Refused('not-found', 'There is no tunnel at this path');
    checkHost(request);
    this.edges.checkOrigin(request);
    checkProtocol(request);
    this.checkRoom();
    const { device, known } = await this.prove(request);
    // Said only to the device itself, which has proved by now that it is the one.
    if (known.revoked) throw new Refused('device-revoked');
    this.edges.takeTurn(this.tunnels.reconnectWindow());
    this.checkRoom();
    return { device, known };
  }

  /** Which device it is. */
  private prove(request: IncomingMessage): Promise<ProvenDevice> {
    const token = tokenOf(request);
    const prove = async (): Promise<ProvenDevice> => {
      // Who hung up while it waited costs no look into the log.
      if (request.socket.destroyed) throw new Refused('service-unavailable', 'The connection is gone');
      const proven = await proveDevice(this.devices, token);
      this.edges.checkCertificate(proven.device, request);
      return proven;
    };
    return this.edges.attempts.look({ ip: this.edges.addressOf(request), token, prove });
  }

  /** Once more when the token is checked, right before the tunnel is open: meanwhile others came in, or the gateway has begun to stop. */
  private checkRoom(): void {
    if (!this.tunnels.hasRoom()) {
      throw new Refused('too-many-requests', 'The gateway takes no more tunnels now');
    }
  }
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

function tokenOf({ headers }: IncomingMessage): string {
  const [, token] = /^Bearer +([A-Za-z0-9._-]+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (!token) throw new Refused('unauthorized', 'The request has no bearer token');
  return token;
}

/** Which device somebody says to be; nothing is proved. */
function claimedBy(request: IncomingMessage): DeviceAddress | undefined {
  try {
    return claimedDevice(tokenOf(request));
  } catch {
    return undefined;
  }
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  logger.error({ err: error }, 'an upgrade failed');
  return new Refused('internal-error');
}
