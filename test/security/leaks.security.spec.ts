import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runSql } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NatsPublisher } from '../e2e/nats-publisher.js';
import { ScriptedDevice } from '../e2e/scripted-device.js';
import { imageOf, StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { eventsOf } from './events-of.js';
import { SecretScan, textsOfLogs } from './secret-scan.js';

let standalone: StandaloneUnderTest;
let traces: Server;
let scan: SecretScan;
const traced: string[] = [];

/** Keeps all that services export as traces. */
async function startCollector(): Promise<string> {
  traces = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      traced.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('latin1'));
      response.end('{}');
    });
  });
  await once(traces.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(traces.address() as AddressInfo).port}`;
}

/** A life with every kind of credential in it, good and bad ones. @returns those that were made on the way */
async function live(): Promise<Record<string, string>> {
  const admin = <T>(path: string, body: object) => standalone.ask<T>('acme', 'admin', 'POST', path, body);
  const key = await admin<{ key: string }>('/registry/v1/api-keys', { name: 'ci', roles: ['viewer'] });
  const claim = await admin<{ token: string }>('/gateway/v1/claims', { uses: 1 });
  const device = await ScriptedDevice.online(standalone, {
    ...{ org: 'acme', device_id: 'dev_1', model: 'board', version: '1.0.0' },
  });
  await standalone.upload('acme', imageOf(), { version: '1.1.0', models: 'board' });
  const { url } = await device.updateTo('1.1.0');
  await device.download(url);
  await device.download(url.replace('X-Amz-Expires', 'x'));
  await device.reboot('1.1.0');
  await device.eventually(({ ota_status }) => ota_status === 'completed');
  const said = `${key.body.key}x`;
  for (const authorization of [
    `Bearer ${key.body.key}`,
    `Bearer ${said}`,
    `Claim ${claim.body.token}`,
    `Bearer ${url}`,
  ]) {
    for (const path of ['/query/v1/devices', `/query/v1/devices?token=${key.body.key}`, `/gateway/v1/devices`]) {
      await fetch(new URL(path, standalone.endpoints.http_origin), { headers: { authorization } });
    }
  }
  // People paste what they have at hand.
  await admin('/gateway/v1/devices/dev_1/revoke', { reason: `see ${url} or ${key.body.key}` });
  await standalone.ask('acme', 'viewer', 'GET', `/query/v1/devices/${claim.body.token}`);
  return { 'an API key': key.body.key, 'a claim token': claim.body.token, 'a download URL': url };
}

beforeAll(async () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = await startCollector();
  standalone = await StandaloneUnderTest.start({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_BSP_SCHEDULE_DELAY: '200' });
  scan = await SecretScan.of(standalone.home, await live());
});
afterAll(() => void traces.close());

/** What the scan finds in some texts. */
function leaksIn(texts: Readonly<Record<string, string>>) {
  scan.leaks.length = 0;
  for (const [where, text] of Object.entries(texts)) scan.look(where, text);
  return scan.leaks;
}

describe('the scan', () => {
  it('finds what is planted', async () => {
    const token = await standalone.token('acme', 'viewer');
    const planted = {
      a: `x ${token} y`,
      b: 'https://h/k?X-Amz-Signature=0123456789abcdef00',
      c: 'nats://u:longpassword@h',
    };
    expect(leaksIn(planted).map(({ where }) => where)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });
});

describe('after a life with every kind of credential', () => {
  it('no log holds one', async () => {
    const texts = { console: standalone.output, ...(await textsOfLogs(standalone.home)) };
    expect(Object.keys(texts)).toEqual(expect.arrayContaining(['device-gateway.log', 'projection.log']));
    expect(leaksIn(texts)).toEqual([]);
  });

  it('no event holds one', async () => {
    const events = await eventsOf(standalone);
    expect(events.length).toBeGreaterThan(10);
    expect(leaksIn(Object.fromEntries(events.map((event) => [event.id, JSON.stringify(event)])))).toEqual([]);
  });

  it('no trace holds one', async () => {
    await expect.poll(() => traced.join('').includes('device-gateway'), { timeout: 20_000 }).toBe(true);
    expect(leaksIn(Object.fromEntries(traced.map((text, n) => [`trace ${n}`, text])))).toEqual([]);
  });

  it('no table holds one', async () => {
    const { database_url } = standalone.endpoints;
    const tables = await runSql(
      database_url,
      `SELECT table_schema || '."' || table_name || '"' AS name FROM information_schema.tables
       WHERE table_schema ~ '^(orchestrator|projection)'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    const texts: Record<string, string> = {};
    for (const { name } of tables) {
      texts[String(name)] = JSON.stringify(await runSql(database_url, `SELECT row_to_json(t) FROM ${String(name)} t`));
    }
    expect(leaksIn(texts)).toEqual([]);
  });
});

describe('the end of every spec that starts standalone', () => {
  it('fails when a log or an event holds a secret', async () => {
    const token = await standalone.token('globex', 'admin');
    await writeFile(join(standalone.home, 'logs', 'planted.log'), `{"msg":"got ${token}"}\n`);
    // Services take secrets out of what they write and take in; who owns the server may not.
    const users = JSON.parse(await readFile(join(standalone.home, 'keys', 'nats-users.json'), 'utf8')) as {
      provisioner: string;
    };
    const { host } = new URL(standalone.endpoints.nats_url);
    const ca = await readFile(standalone.endpoints.nats_ca, 'utf8');
    const owner = await NatsPublisher.connect(`tls://provisioner:${users.provisioner}@${host}`, ca);
    const key = `efk.globex.planted.${'k'.repeat(43)}`;
    await owner.request('globex', 'req_planted', 'UpdateRequested', {
      device_id: 'x',
      version: '1.0.0',
      requested_by: key,
    });
    owner.close();
    const error = await standalone.dispose().catch((reason: unknown) => String(reason));
    expect(error).toContain('planted.log');
    expect(error).toContain('event UpdateRequested');
    for (const secret of [token, key]) expect(error).not.toContain(secret);
  });
});
