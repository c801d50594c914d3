import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connections, TrustStore, silentLog } from '@edgeflow/device-agent';
import { systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol } from './enrolment.js';
import { readSettings } from './settings.js';

let folder: TemporaryFolder;
let gateway: Server;
let connections: Connections;
let status: number;
let asked: number;
let answer: object;
let trust: TrustStore;

beforeEach(async () => {
  folder = await temporaryFolder('enrolment');
  connections = new Connections();
  [status, asked, answer, trust] = [201, 0, {}, new TrustStore()];
  gateway = createServer((request, response) => {
    asked += 1;
    request.resume();
    response.writeHead(status).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
});
afterEach(async () => {
  connections.close();
  gateway.close();
  await once(gateway, 'close');
  await folder.remove();
});

const claimOf = (org: string) => `e30.${Buffer.from(JSON.stringify({ org })).toString('base64url')}.x`;

async function enrolWith(claim?: string) {
  const origin = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const words = ['--origin', origin, '--dir', folder.path, '--device-id', 'dev_1', '--model', 'm1'];
  const file = join(folder.path, 'claim.token');
  if (claim !== undefined) await writeFile(file, `${claim}\n`);
  const settings = readSettings(claim === undefined ? words : [...words, '--claim-token-file', file]);
  return enrol(settings, {
    ...systemMachine,
    connections,
    trust,
    log: silentLog,
    signal: new AbortController().signal,
  });
}

describe('a new device', () => {
  it('is registered with the claim of its org, and keeps its key', async () => {
    const first = await enrolWith(claimOf('acme'));
    expect(first.org).toBe('acme');
    const again = await enrolWith(claimOf('acme'));
    expect((await again.key()).public_key).toEqual((await first.key()).public_key);
  });

  it('takes a claim of limited uses as well', async () => {
    expect((await enrolWith(`efc.acme.clm_1.${'s'.repeat(43)}`)).org).toBe('acme');
  });

  it('believes the first answer about the keys of its firmware, and no later one', async () => {
    const key = (kid: string) => ({ kid, public_key: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } });
    answer = { signing: { signature: 'required', keys: [key('k1')] } };
    await enrolWith(claimOf('acme'));
    answer = { signing: { signature: 'optional', keys: [key('k2')] } };
    await enrolWith(claimOf('globex'));
    expect(await trust.current()).toMatchObject({ basis: 'enrolled', signature: 'required', keys: [{ kid: 'k1' }] });
  });

  it('trusts nobody when the answer says nothing of keys', async () => {
    await enrolWith(claimOf('acme'));
    expect(await trust.current()).toMatchObject({ basis: 'none', signature: 'required', keys: [] });
  });

  it('needs a claim', async () => {
    await expect(enrolWith()).rejects.toMatchObject({ code: 'unauthorized' });
    expect(asked).toBe(0);
  });

  it('whose id is taken by another key does not start', async () => {
    status = 409;
    await expect(enrolWith(claimOf('acme'))).rejects.toMatchObject({ code: 'device-exists' });
  });
});

describe('a device that is registered', () => {
  beforeEach(() => enrolWith(claimOf('acme')));

  it('needs no claim any more', async () => {
    expect((await enrolWith()).org).toBe('acme');
  });

  it('starts although its claim has expired', async () => {
    status = 401;
    expect((await enrolWith(claimOf('acme'))).org).toBe('acme');
  });

  it('starts although the cloud is away', async () => {
    status = 503;
    expect((await enrolWith(claimOf('acme'))).org).toBe('acme');
  });

  it('may move to another org only with its cloud', async () => {
    status = 401;
    await expect(enrolWith(claimOf('globex'))).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
