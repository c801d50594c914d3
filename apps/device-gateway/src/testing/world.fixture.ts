import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
  deviceStream,
  trustStream,
  updateStream,
  deriveId,
  toEvent,
  type DataOf,
  type EventName,
  type Fact,
  type Hello,
  type EventStream,
  type StoredEvent,
} from '@edgeflow/contracts';
import { Conflict, type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { TokenIssuer } from '@edgeflow/identity';
import { type ObjectStore, S3ObjectStore } from '@edgeflow/object-store';
import { readConfig, type RunningService } from '@edgeflow/service-host';
import {
  TunnelClient,
  deviceKeys,
  deviceToken,
  startTestNats,
  startTestS3,
  storeRaw,
  temporaryFolder,
  type DeviceKeys,
  type TestNats,
} from '@edgeflow/testkit';
import { systemClock } from '@edgeflow/runtime';
import { isOutage } from '../back-off.js';
import { startGateway } from '../gateway.js';
import { GatewayConfig } from '../gateway.config.js';

export const ORG = 'acme';
const IMAGE = Buffer.from('a firmware image');
const WAIT_MS = 30_000;

export interface TestDevice extends DeviceKeys {
  org: string;
  device_id: string;
}

/** A gateway's surroundings, all real: nats-server, S3 endpoint, token issuer; the spec plays device and orchestrator. */
export class World {
  private readonly gateways: RunningService[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly log: EventLog,
    readonly store: ObjectStore,
    readonly issuer: TokenIssuer,
    private readonly env: NodeJS.ProcessEnv,
    private readonly cleanUp: () => Promise<void>,
  ) {}

  static async start(): Promise<World> {
    const [nats, s3, folder, issuer] = await Promise.all([
      startTestNats(),
      startTestS3(),
      temporaryFolder('gateway'),
      TokenIssuer.create(),
    ]);
    const jwks = join(folder.path, 'jwks.json');
    await writeFile(jwks, JSON.stringify(issuer.jwks()));
    const store = new S3ObjectStore({ ...s3, public_endpoint: 'https://images.test' }, systemClock);
    await store.ensureBucket();
    const log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
    const env = {
      ...{ NATS_URL: nats.url, AUTH_JWKS_URL: pathToFileURL(jwks).href, LOG_LEVEL: 'error', GATEWAY_ID: 'gw-1' },
      ...{ S3_ENDPOINT: s3.endpoint, S3_PUBLIC_ENDPOINT: 'https://images.test', S3_BUCKET: s3.bucket },
      ...{ S3_ACCESS_KEY_ID: s3.access_key_id, S3_SECRET_ACCESS_KEY: s3.secret_access_key },
    };
    // Signatures are not the matter of most specs.
    await setPolicy(log, 'optional');
    return new World(nats, log, store, issuer, env, async () => {
      await log.close();
      store.close();
      await Promise.all([nats.stop(), s3.stop(), folder.remove()]);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.stop()));
    await this.cleanUp();
  }

  /** The environment of a gateway, with these settings on top of the world's. */
  environment(settings: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return { ...this.env, ...settings };
  }

  /** Starts a gateway with these settings on top of the world's. */
  async gateway(settings: NodeJS.ProcessEnv = {}, onLost?: () => void): Promise<RunningService> {
    const gateway = await startGateway(readConfig(GatewayConfig, this.environment(settings)), onLost);
    this.gateways.push(gateway);
    return gateway;
  }

  /**
   * Makes the log as full as that, 0 to 1, with some hundred kB in it: by giving it less room, or more.
   * @returns once this process has seen it
   */
  async fill(ratio: number): Promise<void> {
    if (this.log.fill().hasRoom) await ballast(this.log);
    const { bytes } = await this.log.state();
    await JetStreamLog.provision({ servers: this.nats.url, name: 'spec', max_bytes: Math.ceil(bytes / ratio) });
    // Longer than it takes every EventLog to look again.
    await sleep(2_500);
  }

  /** A request as an admin of the org, unless headers say otherwise. */
  post(gateway: RunningService, path: string, body?: object, authorization?: string): Promise<Answer> {
    return this.ask(gateway, 'POST', path, { body, authorization });
  }

  /** The same with another method. */
  async ask(
    gateway: RunningService,
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    { body, authorization }: { body?: object | undefined; authorization?: string | undefined } = {},
  ): Promise<Answer> {
    const token = await this.issuer.issue({ org: ORG, role: 'admin', subject: 'ada' }, 60);
    const response = await fetch(`${gateway.url}/gateway/v1${path}`, {
      method,
      headers: {
        authorization: authorization ?? `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  /** A registered device, of model `cam-1`. */
  async device(gateway: RunningService): Promise<TestDevice> {
    const device = { org: ORG, device_id: `dev-${randomUUID()}`, ...(await deviceKeys()) };
    const { device_id, public_key } = device;
    const { status, body } = await this.post(gateway, '/devices', { device_id, model: 'cam-1', public_key });
    if (status !== 201) throw new Error(`the device was not registered: ${JSON.stringify(body)}`);
    return device;
  }

  /** A tunnel on which nothing was said yet. */
  async tunnel(gateway: Pick<RunningService, 'url'>, device: TestDevice): Promise<TunnelClient> {
    return TunnelClient.open({ origin: gateway.url, token: await deviceToken(device) });
  }

  /** A tunnel whose device has said hello and was welcomed. */
  async connected(
    gateway: Pick<RunningService, 'url'>,
    device: TestDevice,
    said: Partial<Hello> = {},
  ): Promise<TunnelClient> {
    const tunnel = await this.tunnel(gateway, device);
    tunnel.send(hello(said));
    await tunnel.next('welcome');
    return tunnel;
  }

  /** Stores an image, unless told not to, and dispatches it as the orchestrator does. */
  async dispatch(
    device: TestDevice,
    plan: Partial<DataOf<'UpdateDispatched'>> = {},
  ): Promise<StoredEvent<'UpdateDispatched'>> {
    const update_id = `upd-${randomUUID()}`;
    const sha256 = createHash('sha256').update(IMAGE).digest('hex');
    const key = `firmware/${ORG}/2.0.0/${update_id}.bin`;
    const data: DataOf<'UpdateDispatched'> = {
      ...{ update_id, number: 1, device_id: device.device_id, request_id: 'req-1', firmware_id: 'fw-2' },
      ...{ model: 'cam-1', version: '2.0.0', sha256, size: IMAGE.byteLength, key, force: false },
      ...{ from_version: '1.0.0', deadline_at: '2027-01-01T00:00:00.000Z' },
      ...plan,
    };
    if (plan.key === undefined) await this.image(key, sha256);
    return this.append(updateStream(device), { type: 'UpdateDispatched', data });
  }

  /** Ends an update, as the orchestrator does. */
  end(
    { data, ...event }: StoredEvent<'UpdateDispatched'>,
    type: 'UpdateFailed' | 'UpdateCancelled',
  ): Promise<StoredEvent> {
    const { update_id, number, device_id, version } = data;
    const why = { code: 'deadline-exceeded', detail: 'spec' };
    return this.append(event, { type, data: { update_id, number, device_id, version, ...why } });
  }

  async image(key: string, sha256: string): Promise<void> {
    await this.store.put(key, bytes(IMAGE), { metadata: { sha256 } });
  }

  /** Appends to the end of a stream. */
  async append<N extends EventName>(stream: EventStream, fact: Fact<N>): Promise<StoredEvent<N>> {
    const id = deriveId('evt', randomUUID());
    const event = toEvent(stream, fact as Fact, { id, source: '/spec', time: new Date().toISOString() });
    const { org, entity, entity_id } = stream;
    const after = await this.log.lastPosition({ org, entity, entity_id });
    const { last: position } = await this.log.append([event], { after });
    return { ...event, position } as StoredEvent as StoredEvent<N>;
  }

  /** Has messages stored as they are, whatever they are. @returns the position of the last one */
  raw(messages: Parameters<typeof storeRaw>[2]): Promise<number> {
    return storeRaw(this.nats.url, this.log, messages);
  }

  /** An attempt to write to the end of a device's stream, which the log refuses. */
  async hint(device: TestDevice, type: 'DeviceRevoked'): Promise<void> {
    const data = { device_id: device.device_id, revoked_by: 'nobody' };
    const about = { id: deriveId('evt', randomUUID()), source: '/spec', time: new Date().toISOString() };
    const event = toEvent(deviceStream(device), { type, data }, about);
    await this.log.append([event], { after: 0 }).catch((error: unknown) => {
      if (!(error instanceof Conflict)) throw error;
    });
  }

  /** The `nth` event of this name in the device's stream, once it is there. */
  async recorded<N extends EventName>(device: TestDevice, type: N, nth = 1): Promise<StoredEvent<N>> {
    return eventually(async () => (await this.all(device, type))[nth - 1], `${nth}. ${type}`);
  }

  /** The events of this name in the device's stream now. */
  async all<N extends EventName>(device: TestDevice, type: N): Promise<StoredEvent<N>[]> {
    const events = await this.log.read(deviceStream(device));
    return events.filter((event) => event.type === type) as StoredEvent[] as StoredEvent<N>[];
  }
}

/** Something in the log that is nobody's. */
async function ballast(log: EventLog): Promise<void> {
  const about = { source: '/spec', time: new Date().toISOString() };
  const events = Array.from({ length: 300 }, () => {
    const device_id = `ballast-${randomUUID()}`;
    const data = { device_id, revoked_by: 'spec', reason: 'x'.repeat(1_000) };
    const stream = { org: 'nobody', entity: 'device', entity_id: device_id } as const;
    return toEvent(stream, { type: 'DeviceRevoked', data }, { id: deriveId('evt', device_id), ...about });
  });
  await log.append(events, { after: 0 });
}

/** As the organization's admin says it. */
export async function setPolicy(log: EventLog, signature: 'required' | 'optional', org = ORG): Promise<void> {
  const data = { signature, rollback: 'allowed', changed_by: 'spec' } as const;
  const context = { id: deriveId('evt', randomUUID()), source: '/spec', time: new Date().toISOString() };
  await log.record(toEvent(trustStream(org), { type: 'SigningPolicyChanged', data }, context));
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export const hello = (said: Partial<Hello> = {}): Hello => ({
  ...{ type: 'hello', version: '1.0.0', model: 'cam-1', boot_id: 'boot-1' },
  ...said,
});

/** Asks again until there is an answer. @throws Error that names what did not come */
export async function eventually<T>(ask: () => Promise<T | undefined>, what: string): Promise<T> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      // The log may just be coming back.
      if (!isOutage(error)) throw error;
      return undefined;
    });
    if (answer !== undefined) return answer;
    if (Date.now() > until) throw new Error(`did not come: ${what}`);
    await sleep(20);
  }
}

async function* bytes(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}
