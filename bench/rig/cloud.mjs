/** HTTP of the platform, as a publisher and an operator would use it. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signManifest } from '@edgeflow/identity';
import { until } from './measure.mjs';
import { postForm } from './multipart.mjs';

const PAUSE_MS = 250;
const FREE_PAUSE_MS = 10;
/** How long a fleet may take to be free, in milliseconds. */
const FREE_MS = 300_000;
/** How long the signatures hold, in milliseconds. */
const SIGNED_MS = 86_400_000;

export class Cloud {
  /** @param at where standalone says everything is */
  constructor({ http_origin, tokens, home }, org) {
    this.origin = http_origin;
    this.org = org;
    this.uploaded = new Set();
    this.key = JSON.parse(readFileSync(join(home, 'keys', `${org}.publisher.jwk`), 'utf8'));
    this.token = (role) => readFileSync(join(tokens, `${org}.${role}.token`), 'utf8').trim();
  }

  get(role, path) {
    return this.#ask(role, path, {});
  }

  post(role, path, body) {
    const headers = { 'content-type': 'application/json' };
    return this.#ask(role, path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #ask(role, path, { headers, ...request }) {
    const authorization = `Bearer ${this.token(role)}`;
    const response = await fetch(`${this.origin}${path}`, { ...request, headers: { authorization, ...headers } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** The publisher's key as devices know it. */
  get signer() {
    const { kid, kty, crv, x } = this.key;
    return { kid, public_key: { kty, crv, x } };
  }

  /** An image for a model, unless there is one of this version. */
  async uploadOnce(model, version, bytes) {
    const name = `${model} ${version}`;
    if (this.uploaded.has(name)) return;
    this.uploaded.add(name);
    await this.upload(model, version, randomBytes(bytes));
  }

  async upload(model, version, image) {
    const sha256 = createHash('sha256').update(image).digest('hex');
    const file = new Blob([image]);
    const form = await this.firmwareForm({ model, version, sha256, size: image.length, file });
    await postForm(`${this.origin}/registry/v1/firmware`, { form, token: this.token('publisher') });
  }

  /** What an upload consists of. @param file a Blob, of so many bytes */
  async firmwareForm({ model, version, sha256, size, file }) {
    const stated = { org: this.org, models: [model], version, sha256, size, release_counter: 1 };
    const manifest = { ...stated, expires_at: new Date(Date.now() + SIGNED_MS).toISOString() };
    const form = new FormData();
    form.set('version', version);
    form.set('sha256', sha256);
    form.set('models', model);
    form.set('manifest', await signManifest(manifest, this.key, this.key.kid));
    form.set('file', file, 'bench.bin');
    return form;
  }

  /** All devices of a fleet at once. */
  rollOut(fleet, version) {
    const spec = { version, target: { fleet }, strategy: { type: 'all_at_once' } };
    return this.post('operator', '/orchestrator/v1/rollouts', spec);
  }

  /** Waits until the orchestrator would take so many devices of the fleet: they are known, online and free. */
  async fleetIsFree(fleet, version, size) {
    const spec = { version, target: { filter: { fleet, online: true } }, strategy: { type: 'all_at_once' } };
    let said;
    await until(
      async () => {
        const plan = await this.post('operator', '/orchestrator/v1/rollouts?dry_run=true', spec).catch(String);
        said = plan.eligible ?? plan;
        return plan.eligible === size;
      },
      () => `of ${size} devices of ${fleet} the orchestrator would take ${said}`,
      { pause_ms: PAUSE_MS, limit_ms: FREE_MS },
    );
  }

  /** Waits until a device is online and has no open update, as far as the read model knows. */
  async isFree(device_id) {
    for (;;) {
      const device = await this.get('viewer', `/query/v1/devices/${device_id}`).catch(() => undefined);
      if (device?.online && device.ota_status !== 'updating') return;
      await sleep(FREE_PAUSE_MS);
    }
  }
}
