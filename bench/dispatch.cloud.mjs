/** HTTP of the platform, as a publisher and an operator would use it. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signManifest } from '@edgeflow/identity';

const IMAGE_BYTES = 64 * 1024;
const PAUSE_MS = 250;
const FREE_PAUSE_MS = 10;
/** How long the signatures hold, in milliseconds. */
const SIGNED_MS = 86_400_000;

export class Cloud {
  /** @param at where standalone says everything is */
  constructor({ http_origin, tokens, home }, org) {
    this.origin = http_origin;
    this.org = org;
    this.key = JSON.parse(readFileSync(join(home, 'keys', `${org}.publisher.jwk`), 'utf8'));
    this.token = (role) => readFileSync(join(tokens, `${org}.${role}.token`), 'utf8').trim();
  }

  get(role, path) {
    return this.#ask(role, path, {});
  }

  post(role, path, body) {
    const isForm = body instanceof FormData;
    const headers = isForm ? {} : { 'content-type': 'application/json' };
    return this.#ask(role, path, { method: 'POST', headers, body: isForm ? body : JSON.stringify(body) });
  }

  async #ask(role, path, { headers, ...request }) {
    const authorization = `Bearer ${this.token(role)}`;
    const response = await fetch(`${this.origin}${path}`, { ...request, headers: { authorization, ...headers } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async upload(model, version) {
    const image = randomBytes(IMAGE_BYTES);
    const sha256 = createHash('sha256').update(image).digest('hex');
    const stated = { org: this.org, models: [model], version, sha256, size: image.length, release_counter: 1 };
    const manifest = { ...stated, expires_at: new Date(Date.now() + SIGNED_MS).toISOString() };
    const form = new FormData();
    form.set('version', version);
    form.set('sha256', sha256);
    form.set('models', model);
    form.set('manifest', await signManifest(manifest, this.key, this.key.kid));
    form.set('file', new Blob([image]), 'bench.bin');
    await this.post('publisher', '/registry/v1/firmware', form);
  }

  /** All devices of a fleet at once. */
  rollOut(fleet, version) {
    const spec = { version, target: { fleet }, strategy: { type: 'all_at_once' } };
    return this.post('operator', '/orchestrator/v1/rollouts', spec);
  }

  /** Waits until the orchestrator would take so many devices of the fleet: they are known, online and free. */
  async fleetIsFree(fleet, version, size) {
    const spec = { version, target: { filter: { fleet, online: true } }, strategy: { type: 'all_at_once' } };
    for (;;) {
      const plan = await this.post('operator', '/orchestrator/v1/rollouts?dry_run=true', spec).catch(() => undefined);
      if (plan?.eligible === size) return;
      await sleep(PAUSE_MS);
    }
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
