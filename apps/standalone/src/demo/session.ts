import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signManifest, signingKeyOf, type SigningKey } from '@edgeflow/identity';
import type { Endpoints } from '../endpoints.js';
import { Cloud, Problem } from '../cloud.js';
import type { Image } from './image.js';

/** The organization of the demos. */
export const ORG = 'acme';

/** Refusals that a service takes back by itself, once it has read what others have written just now. */
const PASSING = [
  'device-unknown',
  'device-offline',
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

/** The origin as the people of one organization use it: a publisher, an operator and a viewer, all of them patient. */
export class Session {
  private released = 0;

  private constructor(
    private readonly cloud: Cloud,
    private readonly tokens: { publisher: string; operator: string; viewer: string },
    private readonly key: SigningKey,
    private readonly signal: AbortSignal,
  ) {}

  /** @param signal ends all waiting: Ctrl-C, or the time-out */
  static async open(at: Endpoints, signal: AbortSignal): Promise<Session> {
    const token = (role: string): Promise<string> => readFile(join(at.tokens, `${ORG}.${role}.token`), 'utf8');
    const [publisher, operator, viewer] = await Promise.all([token('publisher'), token('operator'), token('viewer')]);
    const cloud = new Cloud(at.origin, await readFile(at.ca, 'utf8'));
    const key = await signingKeyOf(JSON.parse(await readFile(publisherKeyFile(at), 'utf8')) as object);
    return new Session(cloud, { publisher, operator, viewer }, key, signal);
  }

  /** What the viewer reads. @throws Problem */
  read<T>(path: string): Promise<T> {
    return this.patiently(() => this.cloud.get<T>(path, this.tokens.viewer));
  }

  /** What the operator asks for. @param key the same key is the same request (Idempotency-Key) @throws Problem */
  order<T>(path: string, body: object, key?: string): Promise<T> {
    return this.patiently(() => this.cloud.post<T>(path, this.tokens.operator, body, key));
  }

  /** What the publisher signs and uploads, each with a higher release counter; settles with its key in the store. @throws Problem */
  async publish(image: Image, version: string, model: string): Promise<string> {
    const { sha256, size } = image;
    this.released += 1;
    const stated = { org: ORG, models: [model], version, sha256, size, release_counter: this.released };
    const expires_at = new Date(Date.now() + SIGNED_MS).toISOString();
    const manifest = await signManifest({ ...stated, expires_at }, this.key.jwk, this.key.kid);
    const fields = { version, sha256, models: model, release_notes: 'the demo', manifest };
    const { key } = await this.patiently(() =>
      this.cloud.upload<{ key: string }>('/registry/v1/firmware', this.tokens.publisher, fields, image.file),
    );
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
        if (!(error instanceof Problem && PASSING.includes(error.code))) throw error;
        await this.pause(PAUSE_MS, error);
      }
    }
  }

  /** @throws the signal's reason, with what was refused last */
  private async pause(ms: number, last?: Problem): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal }).catch(() => {
      const { reason } = this.signal;
      if (last && reason instanceof DOMException) throw new Error(`out of time; the last answer was ${last.message}`);
      throw reason;
    });
  }
}
