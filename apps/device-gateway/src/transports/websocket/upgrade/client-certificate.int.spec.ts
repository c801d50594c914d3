import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority } from '@edgeflow/embedded';
import { ConfigError, type RunningService } from '@edgeflow/service-host';
import {
  TunnelClient,
  deviceToken,
  temporaryFolder,
  type TemporaryFolder,
  type UpgradeRefused,
} from '@edgeflow/testkit';
import { ORG, World, type TestDevice } from '../../../testing/world.fixture.js';

let world: World;
let folder: TemporaryFolder;
let server: Authority;
let devices: Authority;
let gateway: RunningService;
let device: TestDevice;
let files: { TLS_CERT_FILE: string; TLS_KEY_FILE: string };

beforeAll(async () => {
  [world, folder] = await Promise.all([World.start(), temporaryFolder('mtls')]);
  server = await createAuthority(join(folder.path, 'server'));
  devices = await createAuthority(join(folder.path, 'devices'));
  const { cert, key } = await server.issue();
  files = { TLS_CERT_FILE: join(folder.path, 'tls.crt'), TLS_KEY_FILE: join(folder.path, 'tls.key') };
  await Promise.all([writeFile(files.TLS_CERT_FILE, cert), writeFile(files.TLS_KEY_FILE, key)]);
  device = await world.device(await world.gateway());
  gateway = await world.gateway({ GATEWAY_ID: 'gw-tls', ...files, TLS_CLIENT_CA_FILE: devices.ca_path });
});
afterAll(async () => {
  await world.stop();
  await folder.remove();
});

type Certificate = { cert: string; key: string } | undefined;

async function statusWith(certificate: Certificate, at = gateway): Promise<number> {
  const options = { origin: at.url, token: await deviceToken(device), ca: server.ca };
  const opening = TunnelClient.open({ ...options, ...(certificate && { certificate }) });
  return opening.then(
    async (tunnel) => (await tunnel.close(), 101),
    (error: unknown) => (error as UpgradeRefused).status,
  );
}

const own = () => devices.issueClient({ cn: device.device_id, o: ORG });

describe('a gateway with an authority for devices', () => {
  it('lets in a device with its own certificate and its own token', async () => {
    expect(await statusWith(await own())).toBe(101);
  });

  it('lets in none without a certificate', async () => {
    expect(await statusWith(undefined)).toBe(401);
  });

  it.each([
    ['of another device', () => devices.issueClient({ cn: 'dev-other', o: ORG })],
    ['of another organization', () => devices.issueClient({ cn: device.device_id, o: 'globex' })],
    ['of another authority', () => server.issueClient({ cn: device.device_id, o: ORG })],
    ['that is one for servers', () => devices.issue()],
  ])('lets in none with a certificate %s', async (_, issue) => {
    expect(await statusWith(await issue())).toBe(401);
  });

  it('does not take the certificate for a token', async () => {
    const token = await deviceToken({ ...device, org: 'globex' });
    const options = { origin: gateway.url, ca: server.ca, certificate: await own() };
    await expect(TunnelClient.open({ ...options, token })).rejects.toMatchObject({ status: 401 });
  });

  it('answers probes without a certificate', async () => {
    expect(gateway.url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      const probe = request(`${gateway.url}/livez`, { ca: server.ca }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      probe.on('error', reject).end();
    });
    expect(status).toBe(200);
  });
});

describe('a gateway with TLS alone', () => {
  it('asks for no certificate', async () => {
    expect(await statusWith(undefined, await world.gateway({ GATEWAY_ID: 'gw-plain', ...files }))).toBe(101);
  });
});

describe('a gateway whose TLS is set half', () => {
  it.each([
    ['without its key', () => ({ TLS_CERT_FILE: files.TLS_CERT_FILE }), 'TLS_KEY_FILE'],
    ['without its certificate', () => ({ TLS_KEY_FILE: files.TLS_KEY_FILE }), 'TLS_CERT_FILE'],
    ['with an authority for devices alone', () => ({ TLS_CLIENT_CA_FILE: devices.ca_path }), 'TLS_CERT_FILE'],
    ['with a file that is not there', () => ({ ...files, TLS_KEY_FILE: '/none' }), 'TLS_KEY_FILE'],
  ])('does not start %s', async (_, settings, name) => {
    const start = world.gateway({ GATEWAY_ID: 'gw-half', ...settings() });
    await expect(start).rejects.toThrow(ConfigError);
    await expect(start).rejects.toThrow(name);
  });
});
