import { createHash } from 'node:crypto';
import type { Plan } from './update.state.js';

/** The plan to install `image` as `version`. */
export function planFor(image: Buffer, over: Partial<Plan> = {}): Plan {
  return {
    update_id: 'upd_1',
    number: 1,
    firmware_id: 'fw_1',
    version: '2.0.0',
    sha256: createHash('sha256').update(image).digest('hex'),
    size: image.length,
    force: false,
    deadline_at: '2100-01-01T00:00:00Z',
    ...over,
  };
}
