import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  ApiError,
  EdgeFlowClient,
  type Answer,
  type InitOf,
  type Item,
  type ListPath,
  type PathOf,
} from '@edgeflow/client';
import { fetchTrusting } from '@edgeflow/client/node';
import { signManifest, signingKeyOf, type SigningKey } from '@edgeflow/identity';
import { systemClock } from '@edgeflow/runtime';
import type { Endpoints } from '../endpoints.js';
import type { Image } from './image.js';
import { DEVICE, ORG } from './scene.js';

/** Refusals that a service takes back by itself, once it has read what others have written just now. */
const PASSING = [
  'device-unknown',
  'device-offline',
  'target-empty',
  'firmware-unknown',
  'rollout-unknown',
  'not-found',
  'read-model-behind',
  'service-unavailable',
];
const PAUSE_MS = 100;
/** How long the demo's signatures hold, in milliseconds. */
const SIGNED_MS = 86_400_000;

/** Where standalone keeps the key with which the demo's organization signs. */
const publisherKeyFile = ({ home }: Endpoints): string => join(home, 'keys', `${ORG}.publisher.jwk`);

/** Who acts in the demos. */
type Role = 'publisher' | 'operator' | 'viewer';

/** The origin as the people of one organization use it: a publisher, an operator and a viewer, all of them patient. */
export class Session {
  private released = 0;

  private constructor(
    private readonly as: Readonly<Record<Role, EdgeFlowClient>>,
    private readonly key: SigningKey,
    private readonly signal: AbortSignal,
  ) {}

  /** @param signal ends all waiting: Ctrl-C, or the time-out */
  static async open(at: Endpoints, signal: AbortSignal): Promise<Session> {
    const fetch = fetchTrusting(await readFile(at.ca, 'utf8'));
    const client = async (role: Role): Promise<EdgeFlowClient> => {
      const token = await readFile(join(at.tokens, `${ORG}.${role}.token`), 'utf8');
      return new EdgeFlowClient({ origin: at.origin, token, fetch, retry: { tries: 1 } });
    };
    const as = {
      publisher: await client('publisher'),
      operator: await client('operator'),
      viewer: await client('viewer'),
    };
    const key = await signingKeyOf(JSON.parse(await readFile(publisherKeyFile(at), 'utf8')) as object);
    return new Session(as, key, signal);
  }

  /** What the viewer reads. @throws ApiError */
  read<P extends PathOf<'get'>>(path: P, ...init: InitOf<P, 'get'>): Promise<Answer<P, 'get'>> {
    return this.patiently(() => this.as.viewer.get(path, ...init));
  }

  /** All that a list has for the viewer. @throws ApiError */
  list<P extends ListPath>(path: P, ...init: InitOf<P, 'get'>): Promise<Item<P>[]> {
    return this.patiently(() => Array.fromAsync(this.as.viewer.items(path, ...init)));
  }

  /** What the operator asks for. @throws ApiError */
  order<P extends PathOf<'post'>>(path: P, ...init: InitOf<P, 'post'>): Promise<Answer<P, 'post'>> {
    return this.patiently(() => this.as.operator.post(path, ...init));
  }

  /** What the publisher signs and uploads, each with a higher release counter; settles with its key in the store. @throws ApiError */
  async publish(image: Image, version: string): Promise<string> {
    const { sha256, size } = image;
    const { model } = DEVICE;
    this.released += 1;
    const stated = { org: ORG, models: [model], version, sha256, size, release_counter: this.released };
    const expires_at = new Date(systemClock.now().getTime() + SIGNED_MS).toISOString();
    const manifest = await signManifest({ ...stated, expires_at }, this.key.jwk, this.key.kid);
    const fields = { version, sha256, models: model, release_notes: 'the demo', manifest };
    // The image is read from the disk as it is sent.
    const blob = await openAsBlob(image.file);
    const { key } = await this.patiently(() => this.as.publisher.upload(fields, blob, { name: basename(image.file) }));
    return key;
  }

  /** Looks again and again until it is as wanted. */
  async until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean, pause_ms = PAUSE_MS): Promise<T> {
    for (;;) {
      const seen = await look();
      if (wanted(seen)) return seen;
      await this.pause(pause_ms);
    }
  }

  /** Tries again while the refusal is of a passing kind. */
  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ApiError && PASSING.includes(error.code))) throw error;
        await this.pause(PAUSE_MS, error);
      }
    }
  }

  /** @throws the signal's reason, with what was refused last */
  private async pause(ms: number, last?: ApiError): Promise<void> {
    const { signal } = this;
    await systemClock.sleep(ms, { signal });
    const isLate = signal.aborted && signal.reason instanceof DOMException;
    if (last && isLate) throw new Error(`out of time; the last answer was ${last.message}`);
    signal.throwIfAborted();
  }
}
