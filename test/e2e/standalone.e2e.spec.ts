import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from './scripted-device.js';
import { imageOf, StandaloneUnderTest } from './standalone.harness.js';

let standalone: StandaloneUnderTest;
const story = { org: 'acme', device_id: 'dev_1', model: 'board', version: '1.0.0' };

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
});
afterAll(() => standalone.dispose());

describe('standalone', () => {
  it('serves the same over plain http, except downloads', async () => {
    const { http_origin, s3 } = standalone.endpoints;
    expect(new URL(http_origin).hostname).toBe('127.0.0.1');
    for (const prefix of ['registry', 'orchestrator', 'gateway', 'query']) {
      expect((await fetch(`${http_origin}/${prefix}/readyz`)).status).toBe(200);
      const document = (await (await fetch(`${http_origin}/${prefix}/openapi.json`)).json()) as { openapi: string };
      expect(document.openapi).toMatch(/^3\.1\./);
    }
    expect((await fetch(`${http_origin}/${s3.bucket}/firmware/x.bin`)).status).toBe(404);
    expect((await fetch(`${http_origin}/query/v1/devices`)).status).toBe(401);
  });

  it('refuses a second start on the same home and says who has it', async () => {
    const { code, said } = await standalone.second();
    expect(code).toBe(1);
    expect(said.trim()).toMatch(new RegExp(`is in use by process ${standalone.endpoints.pid}: .*EDGEFLOW_HOME.*$`));
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  it('stops with exit code 0, leaves nothing running, and comes back with its data', async () => {
    const device = await ScriptedDevice.online(standalone, story);
    const image = imageOf();
    await standalone.upload('acme', image, { version: '1.1.0', models: 'board' });
    const offer = await device.updateTo('1.1.0');
    const token = await standalone.token('acme', 'operator');
    const pids = (await standalone.look()).processes.map(({ pid }) => pid);
    expect(pids).toHaveLength(9);

    expect(await standalone.stop()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);

    await standalone.begin();
    expect(await standalone.token('acme', 'operator')).toBe(token);
    await device.connect();
    const again = await device.tunnel.next('update');
    expect(again).toMatchObject({ update_id: offer.update_id, sha256: image.sha256 });
    expect(await device.download(again.url)).toEqual({ status: 200, sha256: image.sha256 });
    await device.reboot('1.1.0');
    await device.eventually(({ ota_status }) => ota_status === 'completed');
  });
});

describe('two organizations', () => {
  it('see and touch nothing of each other', async () => {
    const theirs = { ...story, device_id: 'shared_id', org: 'globex', version: '5.0.0' };
    await ScriptedDevice.online(standalone, { ...theirs, org: 'acme', version: '1.0.0' });
    const device = await ScriptedDevice.online(standalone, theirs);
    expect((await device.eventually(() => true)).current_version).toBe('5.0.0');

    const list = '/query/v1/devices';
    const { body } = await standalone.ask<{ items: { device_id: string }[] }>('globex', 'viewer', 'GET', list);
    expect(body.items.map(({ device_id }) => device_id)).toEqual(['shared_id']);
    const foreign = await standalone.ask<{ code: string }>('globex', 'viewer', 'GET', `${list}/dev_1`);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'device-unknown' } });

    const request = { device_id: 'dev_1', version: '1.1.0' };
    const update = await standalone.ask<{ code: string }>(
      'globex',
      'operator',
      'POST',
      '/orchestrator/v1/updates',
      request,
    );
    expect(update).toMatchObject({ status: 404, body: { code: 'device-unknown' } });
    const image = await device.askFor('1.1.0');
    expect(image).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
  });
});

describe('a standalone that is killed', () => {
  it('takes its origin with it, and comes back', async () => {
    const origins = standalone.endpoints.processes.filter(({ name }) => name.startsWith('origin-'));
    expect(origins).toHaveLength(2);
    await standalone.killIt();
    await expect.poll(() => origins.filter(({ pid }) => isAlive(pid)), { timeout: 10_000 }).toEqual([]);
    await standalone.begin();
    expect((await fetch(`${standalone.endpoints.http_origin}/query/readyz`)).status).toBe(200);
  });
});
