import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NatsPublisher } from '../e2e/nats-publisher.js';
import { StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { eventsOf } from './events-of.js';

let standalone: StandaloneUnderTest;
let ca: string;
let users: Record<string, string>;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  ca = await readFile(standalone.endpoints.nats_ca, 'utf8');
  users = JSON.parse(await readFile(join(standalone.home, 'keys', 'nats-users.json'), 'utf8')) as typeof users;
});
afterAll(() => standalone.dispose());

/** A raw client with the password of a user. */
function as(user: string, password = users[user] ?? ''): Promise<NatsPublisher> {
  const { host } = new URL(standalone.endpoints.nats_url);
  return NatsPublisher.connect(`tls://${user}:${encodeURIComponent(password)}@${host}`, ca);
}

const HEADERS = { 'ce-specversion': '1.0', 'ce-id': 'x', 'ce-source': '/thief', 'ce-type': 'x' };

/** What becomes of an attempt to publish. */
async function attempt(user: string, subject: string): Promise<'stored' | 'denied'> {
  const client = await as(user);
  try {
    const ack = await client.publish(subject, HEADERS, '{}');
    return ack.seq === undefined ? 'denied' : 'stored';
  } catch {
    return 'denied';
  } finally {
    client.close();
  }
}

describe('the log of an installation', () => {
  it.each<[string, string]>([
    ['publisher-acme', 'ota.globex.request.r1.UpdateRequested'],
    ['publisher-acme', 'ota.acme.update.dev_1.UpdateDispatched'],
    ['publisher-acme', 'ota.acme.firmware.fw_1.FirmwareUploaded'],
    ['publisher-acme', 'ota.acme.trust.acme.SigningPolicyChanged'],
    ['publisher-acme', 'inbox.globex.r1.UpdateRequested'],
    ['publisher-acme', 'answers.globex.r1.UpdateDispatched'],
    ['publisher-acme', 'schedule.x'],
    ['publisher-acme', '$JS.API.STREAM.PURGE.OTA'],
    ['device-gateway', 'ota.acme.rollout.rol_1.RolloutAborted'],
    ['device-gateway', 'ota.acme.update.dev_1.UpdateCompleted'],
    ['device-gateway', 'ota.acme.trust.acme.SigningKeyRegistered'],
    ['firmware-registry', 'ota.acme.device.dev_1.DeviceRegistered'],
    ['rollout-orchestrator', 'ota.acme.firmware.fw_1.FirmwareRevoked'],
    ['projection', 'ota.acme.request.r1.UpdateRequested'],
    ['projection', 'ota.acme.audit.firmware-registry.ActionRecorded'],
    ['reader', 'ota.acme.request.r1.UpdateRequested'],
    ['device-gateway', '$JS.API.STREAM.DELETE.OTA'],
    ['rollout-orchestrator', '$JS.API.STREAM.UPDATE.OTA'],
    ['projection', '$JS.API.CONSUMER.DELETE.OTA.rollout-orchestrator-fold'],
  ])('is not written to by %s at %s', async (user, subject) => {
    expect(await attempt(user, subject)).toBe('denied');
    const events = await eventsOf(standalone);
    expect(events.filter(({ source }) => source === '/thief')).toEqual([]);
  });

  it('takes a team’s requests for its own organization', async () => {
    const team = await standalone.team('acme');
    const request = { device_id: 'nobody', version: '1.0.0' };
    expect(await team.request('acme', 'req_team', 'UpdateRequested', request)).not.toHaveProperty('error');
    team.close();
  });

  it('lets nobody in without a password, with a wrong one, or in the clear', async () => {
    await expect(as('publisher-acme', 'wrong').then((client) => client.publish('x', {}, ''))).rejects.toThrow();
    await expect(as('nobody', '').then((client) => client.publish('x', {}, ''))).rejects.toThrow();
    const { hostname, port } = new URL(standalone.endpoints.nats_url);
    const plain = connect(Number(port), hostname);
    plain.on('error', () => undefined);
    const [info] = (await once(plain, 'data')) as [Buffer];
    expect(info.toString()).toContain('"tls_required":true');
    plain.write('CONNECT {"verbose":false}\r\nPING\r\n');
    await once(plain, 'close');
  });
});
