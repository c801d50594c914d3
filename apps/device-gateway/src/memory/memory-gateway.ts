import { ApiError } from '@edgeflow/client';
import { Refused, isDeviceId, type DevicePublicKey } from '@edgeflow/contracts';
import { problem, type Answer } from '@edgeflow/http-edge';
import { parseSecretToken } from '@edgeflow/identity';
import type { GatewayCore } from '../gateway.core.js';
import { refusedUpgrade } from '../transports/websocket/upgrade/upgrade-refusal.js';
import type { Registration } from '../devices/device.decider.js';
import type { MemoryTunnel } from './memory-tunnel.js';
import type { Program } from './wire.js';

const TUNNEL = '/gateway/v1/tunnel';
const DEVICES = '/gateway/v1/devices';
const KEY_OF = /^\/gateway\/v1\/devices\/([^/]+)\/key$/;

/** The other end has died. */
export class HungUp extends Error {
  constructor() {
    super('socket hang up');
  }
}

/** What a device registers with, as it is said. */
type Said = Omit<Registration, 'registered_by' | 'claim_id'>;

/** A gateway's process, as devices reach it where there is no network: what they use of its HTTP side, and its tunnels. The form of what they send is not checked; the edge does that. */
export class MemoryGateway {
  /** The process has died: nothing that it did meanwhile is heard of. */
  private isDead = false;
  private readonly dying = Promise.withResolvers<void>();
  private readonly tunnels = new Set<MemoryTunnel>();

  /** @param program the gateway's process, where it may stand still */
  constructor(
    private readonly core: GatewayCore,
    private readonly program: Program = { whenRunning: (work) => work() },
  ) {}

  /** The process ends without warning. */
  die(): void {
    this.isDead = true;
    this.dying.resolve();
    for (const tunnel of this.tunnels) tunnel.orphan();
    this.tunnels.clear();
  }

  /** A device asks for a tunnel. */
  async take(tunnel: MemoryTunnel, { token, ip }: { token: string; ip: string }): Promise<void> {
    const { tunnels } = this.core;
    const authorization = `Bearer ${token}`;
    const isGone = (): boolean => this.isDead || tunnel.gateway.readyState !== tunnel.gateway.OPEN;
    this.tunnels.add(tunnel);
    tunnel.takenBy(this.program);
    await this.running();
    tunnel.gateway.on('close', () => this.tunnels.delete(tunnel));
    try {
      const proven = await tunnels.admit({ authorization, ip, isGone });
      if (isGone()) return;
      tunnel.accept();
      tunnels.open(tunnel.gateway, proven);
    } catch (error) {
      this.tunnels.delete(tunnel);
      if (isGone()) return;
      const refused = refusalOf(error);
      tunnels.note(refused, authorization);
      tunnel.refuse(apiErrorIn(refusedUpgrade(refused, { path: TUNNEL, at: tunnels.now() })));
    }
  }

  /** Answers a request of a device: a registration, or another key. @throws HungUp when the process dies over it */
  async answer(request: Request): Promise<Response> {
    const answer = await Promise.race([this.running().then(() => this.answered(request)), this.dying.promise]);
    if (!answer) throw new HungUp();
    return answer;
  }

  /** Resolves when the process runs. */
  private running(): Promise<void> {
    return new Promise((resolve) => this.program.whenRunning(resolve));
  }

  private async answered(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const { method, headers } = request;
    const [, scheme = '', token = ''] = /^(\w+) +(\S+)$/.exec(headers.get('authorization') ?? '') ?? [];
    try {
      const body: unknown = await request.json();
      const [, device_id] = KEY_OF.exec(pathname) ?? [];
      if (method === 'POST' && pathname === DEVICES && scheme === 'Claim') return await this.enrol(token, body as Said);
      if (method === 'POST' && device_id && scheme === 'Bearer')
        return await this.rotate(token, device_id, body as { public_key: DevicePublicKey; reason?: string });
      throw new Refused('not-found', 'There is no such route');
    } catch (error) {
      return this.refusal(refusalOf(error), pathname);
    }
  }

  private async enrol(token: string, said: Said): Promise<Response> {
    const claim = parseSecretToken('efc', token);
    if (!claim) throw new Refused('unauthorized', 'The claim token is not valid');
    const { org, id: claim_id, secret } = claim;
    const registration = { ...said, registered_by: `claim:${claim_id}` };
    const enrolled = await this.core.enrolments.register(org, registration, { claim_id, secret });
    const { data, position, signing, isNew } = enrolled;
    return Response.json({ ...data, position, signing }, { status: isNew ? 201 : 200 });
  }

  private async rotate(
    token: string,
    device_id: string,
    { public_key, reason }: { public_key: DevicePublicKey; reason?: string },
  ): Promise<Response> {
    const { device } = await this.core.credentials.prove(token);
    if (!isDeviceId(device_id) || device.device_id !== device_id) throw new Refused('forbidden');
    const why = reason === undefined ? {} : { reason };
    const rotation = { device_id, public_key, ...why, rotated_by: `device:${device_id}` };
    const position = await this.core.devices.rotate(device.org, rotation);
    return Response.json({ device_id, position }, { status: 202 });
  }

  private refusal({ code, detail, status, facts }: Refused, path: string): Response {
    const time = status === 401 ? { server_time: this.core.tunnels.now().toISOString() } : {};
    const { headers, body } = problem(code, detail, path, status, { ...facts, ...time });
    return new Response(body, { status, headers });
  }
}

function apiErrorIn({ status, headers, body }: Answer): ApiError {
  const said = JSON.parse(body) as { code: string; detail: string };
  return new ApiError(`GET ${TUNNEL}`, status, said.code, said.detail, said, new Headers(headers));
}

/** A fault of ours ends the world that it came up in. */
function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  throw error;
}
