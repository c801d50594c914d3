import { once } from 'node:events';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DevicePublicKey } from '@edgeflow/contracts';
import { systemClock, systemEntropy, systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { importJWK, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log.js';
import { Connections } from './connections.js';
import { loadOrCreateDeviceKey, type DeviceKey } from './device-key.js';
import { finishKeyRotation, rotateDeviceKey } from './key-rotation.js';

let folder: TemporaryFolder;
let gateway: Server;
let connections: Connections;
let path: string;
let old: DeviceKey;
/** The key that the cloud knows. */
let inForce: DevicePublicKey;
/** What the cloud answers before it begins to listen. */
let answers: number[];
/** Where the requests went. */
let asked: string[];
/** The cloud's clock, milliseconds since 1970; undefined: that of the test. */
let cloudTime: number | undefined;

beforeEach(async () => {
  folder = await temporaryFolder('rotation');
  connections = new Connections();
  path = join(folder.path, 'device.jwk');
  old = await loadOrCreateDeviceKey(path, systemMachine);
  [inForce, answers, asked, cloudTime] = [old.public_key, [], [], undefined];
  gateway = createServer((request, response) => {
    asked.push(request.url ?? '');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void take(request.headers.authorization ?? '', Buffer.concat(chunks).toString()).then((status) => {
        const time = status === 401 && cloudTime ? { server_time: new Date(cloudTime).toISOString() } : {};
        response.writeHead(status).end(JSON.stringify(status === 409 ? { code: 'device-revoked' } : time));
      });
    });
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
});
afterEach(async () => {
  connections.close();
  gateway.close();
  await once(gateway, 'close');
  await folder.remove();
});

/** As the gateway does: the key in force signs the token. */
async function take(authorization: string, body: string): Promise<number> {
  const planned = answers.shift();
  if (planned) return planned;
  const key = await importJWK({ ...inForce }, 'EdDSA');
  const good = await jwtVerify(authorization.replace('Bearer ', ''), key, {
    subject: 'dev_1',
    ...(cloudTime && { currentDate: new Date(cloudTime) }),
  }).catch(() => undefined);
  if (!good) return 401;
  inForce = (JSON.parse(body) as { public_key: DevicePublicKey }).public_key;
  return 202;
}

const options = () => ({
  ...{ origin: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`, org: 'acme', device_id: 'dev_1', path },
  ...{ connections, log: silentLog, signal: new AbortController().signal },
  ...{ clock: systemClock, entropy: Object.assign({}, systemEntropy, { random: () => 0 }) },
});

describe('a rotation of the device key', () => {
  it('replaces the key on both sides', async () => {
    const fresh = await rotateDeviceKey(options());
    expect(fresh.public_key).not.toEqual(old.public_key);
    expect(inForce).toEqual(fresh.public_key);
    expect((await loadOrCreateDeviceKey(path, systemMachine)).public_key).toEqual(inForce);
    expect(await readdir(folder.path)).toEqual(['device.jwk']);
    expect(asked).toEqual(['/gateway/v1/devices/dev_1/key']);
  });

  it('waits for a cloud that is away', async () => {
    answers.push(503);
    await rotateDeviceKey(options());
    expect((await loadOrCreateDeviceKey(path, systemMachine)).public_key).toEqual(inForce);
  });

  it('is finished after a crash, whether or not the cloud had heard of it', async () => {
    const next = await loadOrCreateDeviceKey(`${path}.next`, systemMachine);
    inForce = next.public_key;
    await finishKeyRotation(options());
    expect((await loadOrCreateDeviceKey(path, systemMachine)).public_key).toEqual(next.public_key);
    await loadOrCreateDeviceKey(`${path}.next`, systemMachine);
    await finishKeyRotation(options());
    expect((await loadOrCreateDeviceKey(path, systemMachine)).public_key).toEqual(inForce);
    expect(await readdir(folder.path)).toEqual(['device.jwk']);
  });

  it('that was never begun is not finished', async () => {
    await finishKeyRotation(options());
    expect(asked).toEqual([]);
  });

  it('keeps both keys when the cloud takes neither', async () => {
    inForce = { ...inForce, x: 'A'.repeat(43) };
    await expect(rotateDeviceKey(options())).rejects.toMatchObject({ code: 'unauthorized' });
    expect((await readdir(folder.path)).toSorted()).toEqual(['device.jwk', 'device.jwk.next']);
  });

  it('is signed by the time that the refusal says, whatever the machine in between says', async () => {
    cloudTime = Date.now() + 86_400_000;
    await rotateDeviceKey(options());
    expect((await loadOrCreateDeviceKey(path, systemMachine)).public_key).toEqual(inForce);
    expect(asked).toHaveLength(2);
  });

  it('is refused to a revoked device, which keeps its key', async () => {
    answers.push(409);
    await expect(rotateDeviceKey(options())).rejects.toMatchObject({ code: 'device-revoked' });
    expect((await loadOrCreateDeviceKey(path, systemMachine)).public_key).toEqual(old.public_key);
  });

  it('does not replace a key by something else', async () => {
    await copyFile(path, `${path}.kept`);
    await writeFile(`${path}.next`, '{}');
    await expect(rotateDeviceKey(options())).rejects.toThrow('no usable device key');
    expect(inForce).toEqual(old.public_key);
  });
});
