import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemEntropy } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keep, populate as populateBy } from './population.js';
import { readSettings, type Settings } from './settings.js';

const populate = (chosen: Settings) => populateBy(chosen, systemEntropy);

const needed = ['--origin', 'https://localhost', '--claim-token-file', 't', '--model', 'm'];
const settings = (over: Partial<Settings> = {}): Settings => ({ ...readSettings(needed), devices: 3, ...over });

let folder: TemporaryFolder;
beforeEach(async () => void (folder = await temporaryFolder('population')));
afterEach(() => folder.remove());

describe('a population', () => {
  it('is the same for the same seed', async () => {
    expect(await populate(settings())).toEqual(await populate(settings()));
    expect((await populate(settings())).map(({ device_id }) => device_id)).toEqual([
      'sim-000001',
      'sim-000002',
      'sim-000003',
    ]);
  });

  it('has other keys for another seed, and a key for each device', async () => {
    const keys = [...(await populate(settings())), ...(await populate(settings({ seed: 2 })))];
    expect(new Set(keys.map(({ key_seed }) => key_seed)).size).toBe(6);
  });

  it('that is kept has keys that no seed gives, and remembers its versions', async () => {
    const dir = folder.path;
    const first = await populate(settings({ dir }));
    await keep(dir, [{ ...first[0]!, version: '2.0.0' }]);
    const second = await populate(settings({ dir, devices: 4, seed: 9 }));
    expect(second.slice(0, 3)).toEqual([{ ...first[0], version: '2.0.0' }, first[1], first[2]]);
    expect(first[0]!.key_seed).not.toBe((await populate(settings()))[0]!.key_seed);
    expect((await stat(join(dir, 'fleet.json'))).mode & 0o777).toBe(0o600);
  });
});
