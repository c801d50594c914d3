import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from '@edgeflow/embedded';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caddyOrSkip, CaddyUnderTest, replicasAt } from './caddy.js';
import { ask } from './origin-ask.js';

const bin = await caddyOrSkip();

describe.skipIf(bin === undefined)('deploy/Caddyfile for', () => {
  const started: CaddyUnderTest[] = [];
  let folder: TemporaryFolder;
  const start = async (more: NodeJS.ProcessEnv): Promise<CaddyUnderTest> => {
    const one = await CaddyUnderTest.start(bin ?? '', {
      ...replicasAt({ registry: 1, orchestrator: 1, gateway: 1, query: 1 }),
      ...more,
    });
    started.push(one);
    return one;
  };
  beforeAll(async () => {
    folder = await temporaryFolder('certificates');
  });
  afterAll(async () => {
    for (const one of started) await one.dispose();
    await folder.remove();
  });

  it.each([
    ['an IPv4 address', { EDGEFLOW_HOST: '127.0.0.1' }, '127.0.0.1'],
    ['an IPv6 address', { EDGEFLOW_HOST: '[::1]', EDGEFLOW_SNI: '::1' }, '::1'],
  ])('%s has a certificate of it, though clients do not say whom they ask', async (_what, variables, host) => {
    const one = await start(variables);
    const { status, names } = await ask(one, '/', { host });
    expect([status, names]).toEqual([200, expect.stringContaining('IP Address')]);
  });

  it('a name has one for whoever asks for another name too, who finds out by himself', async () => {
    const one = await start({ EDGEFLOW_HOST: 'ota.example.com' });
    await expect(ask(one, '/')).rejects.toThrow(/altnames/);
  });

  it("a certificate of one's own takes its files", async () => {
    const { ca, issue } = await createAuthority(folder.path);
    const { cert, key } = await issue();
    const files = [join(folder.path, 'fullchain.pem'), join(folder.path, 'key.pem')];
    await writeFile(files[0] ?? '', cert);
    await writeFile(files[1] ?? '', key);
    const one = await start({ EDGEFLOW_TLS: files.join(' ') });
    expect((await ask(one, '/', { ca })).status).toBe(200);
  });
});
