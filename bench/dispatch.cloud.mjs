/** HTTP of the platform, as a publisher and an operator would use it. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const IMAGE_BYTES = 64 * 1024;
const PAUSE_MS = 250;

export class Cloud {
  /** @param at where standalone says everything is */
  constructor({ http_origin, tokens }, org) {
    this.origin = http_origin;
    this.token = (role) => readFileSync(join(tokens, `${org}.${role}.token`), 'utf8').trim();
  }

  async post(role, path, body) {
    const isForm = body instanceof FormData;
    const response = await fetch(`${this.origin}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token(role)}`, ...(!isForm && { 'content-type': 'application/json' }) },
      body: isForm ? body : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async upload(model, version) {
    const image = randomBytes(IMAGE_BYTES);
    const form = new FormData();
    form.set('version', version);
    form.set('sha256', createHash('sha256').update(image).digest('hex'));
    form.set('models', model);
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
}
