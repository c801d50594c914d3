import { TrustStore } from '../trust/trust-store.js';
import type { Trust } from '../trust/trust.js';
import type { DeviceFiles } from './device-files.js';
import { readJson, writeJson } from './json-file.js';

/**
 * A trust in a file, replaced as a whole. A file that holds something else is an error: a device does not silently begin to trust
 * whom it meets next.
 */
export function trustFile(path: string, files: DeviceFiles): TrustStore {
  return new TrustStore({
    load: async () => {
      const trust = await readJson(path, files);
      if (trust === undefined || isTrust(trust)) return trust;
      throw new Error(`${path} holds no usable trust`);
    },
    save: (trust) => writeJson(path, trust, { files, mode: 0o600 }),
  });
}

function isTrust(value: unknown): value is Trust {
  const { basis, signature, keys, revoked, highest_counter, latest_time, ran } = Object(value) as Partial<Trust>;
  const lists = Array.isArray(keys) && Array.isArray(revoked) && Array.isArray(ran);
  const words = typeof basis === 'string' && (signature === 'required' || signature === 'optional');
  return lists && words && Number.isSafeInteger(highest_counter) && !Number.isNaN(Date.parse(latest_time ?? ''));
}
