import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLOSE, type DeviceFrame, type Failed, type Hello, type Phase } from '@edgeflow/contracts';
import { systemClock, systemEntropy, systemMachine, type Clock } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connections } from './cloud/connections.js';
import { generateDeviceKey } from './cloud/device-key.js';
import { DeviceAgent, type AgentNotice, type DeviceAgentOptions } from './device-agent.js';
import type { DeviceFiles } from './disk/device-files.js';
import { DiskDevice, type DiskDeviceOptions } from './disk/disk-device.js';
import { systemFiles } from './disk/system-files.js';
import { FakeCloud, cutAfter, refuseWith, stallAfter, type FakeTunnel } from './fake-cloud.fixture.js';
import { enrolled } from './trust/trust.js';
import { silentLog } from './log.js';
import { planFor } from './update/plan.fixture.js';
import type { Plan } from './update/update.state.js';

const image = randomBytes(3_000_000);
const plan = planFor(image);
const { update_id } = plan;
const node = (script: string) => `${process.execPath} -e "${script}"`;

let folder: TemporaryFolder;
let cloud: FakeCloud;
let connections: Connections;
let agents: DeviceAgent[];

beforeEach(async () => {
  folder = await temporaryFolder('agent');
  cloud = await FakeCloud.start(join(folder.path, 'ca'));
  cloud.images.set('/image', image);
  connections = new Connections({ ca: cloud.ca });
  agents = [];
});
afterEach(async () => {
  for (const agent of agents) await agent.stop();
  connections.close();
  await cloud.stop();
  await folder.remove();
});

const path = (...names: string[]) => join(folder.path, 'device', ...names);

/** A device with its agent; called again on the same folder it is the same device after a restart. */
async function device(over: Partial<DiskDeviceOptions> = {}, options: Partial<DeviceAgentOptions> = {}) {
  const platform = await DiskDevice.open({ ...systemMachine, directory: path(), factory_version: '1.0.0', ...over });
  // Signatures have a spec of their own.
  await platform.trust.change((trust) => enrolled(trust, { signature: 'optional', keys: [] }));
  const identity = { device_id: 'dev_1', org: 'acme', model: 'm1', key: generateDeviceKey(systemEntropy) };
  const agent = new DeviceAgent({
    ...systemMachine,
    ...identity,
    origin: cloud.origin,
    connections,
    platform,
    ...options,
  });
  agents.push(agent);
  await agent.start();
  return { agent, platform };
}

const url = (name = '/image') => `${cloud.origin}${name}?X-Amz-Signature=secret`;
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

function offer(tunnel: FakeTunnel, over: Partial<Plan> & { url?: string; url_expires_at?: string } = {}): void {
  tunnel.send({ type: 'update', ...plan, url: url(), url_expires_at: inAnHour(), ...over });
}

const isFailed = (frame: DeviceFrame): frame is Failed => frame.type === 'failed';
const isIn = (phase: Phase) => (frame: DeviceFrame) => frame.type === 'progress' && frame.phase === phase;
/** A third of the image is there; the download is four fifths of an update. */
const hasThird = (frame: DeviceFrame) => frame.type === 'progress' && frame.progress >= 25;
const asksForUrl = (frame: DeviceFrame) => frame.type === 'url';
const phasesOf = ({ frames }: FakeTunnel) => [
  ...new Set(frames.flatMap((frame) => (frame.type === 'progress' ? [frame.phase] : []))),
];
const activeImage = async (platform: DiskDevice) => readFile((await platform.currentSlot()).image);

describe('a device that is offered an update', () => {
  it('downloads, verifies, installs and comes back with the new version in a new boot', async () => {
    const { platform } = await device();
    const before = await cloud.nextTunnel();
    offer(before);
    const after = await cloud.nextTunnel();
    expect(before.hello).toMatchObject({ version: '1.0.0', model: 'm1' });
    expect(after.hello.version).toBe('2.0.0');
    expect(after.hello.boot_id).not.toBe(before.hello.boot_id);
    expect(phasesOf(before)).toEqual(['downloading', 'verifying', 'installing', 'rebooting']);
    expect(await activeImage(platform)).toEqual(image);
  });

  it('does so on one tunnel, however long the heartbeat is that the cloud names', async () => {
    cloud.heartbeat_s = 1e12;
    await device();
    offer(await cloud.nextTunnel());
    expect((await cloud.nextTunnel()).hello.version).toBe('2.0.0');
  });

  it('uses a new token for each connection', async () => {
    await device();
    offer(await cloud.nextTunnel());
    await cloud.nextTunnel();
    expect(new Set(cloud.tokens).size).toBe(2);
  });

  it('installs it once, however often it is told', async () => {
    const write = `require('fs').appendFileSync('${path('installs')}', 'x')`;
    await device({ install_command: node(write) });
    const before = await cloud.nextTunnel();
    offer(before);
    offer(before);
    await before.until(isIn('installing'));
    offer(before);
    const after = await cloud.nextTunnel();
    offer(after);
    offer(after, { update_id: 'upd_2', url: url('/none') });
    offer(after, { update_id: 'upd_3', version: '3.0.0', url: url('/none') });
    await after.until((frame) => frame.type === 'progress' && frame.update_id === 'upd_3');
    expect(await readFile(path('installs'), 'utf8')).toBe('x');
    expect(after.frames.some((frame) => 'update_id' in frame && frame.update_id !== 'upd_3')).toBe(false);
  });

  it('installs the version that it runs again when it is forced', async () => {
    await device();
    const before = await cloud.nextTunnel();
    offer(before, { version: '1.0.0', force: true });
    const after = await cloud.nextTunnel();
    expect(after.hello.version).toBe('1.0.0');
    expect(after.hello.boot_id).not.toBe(before.hello.boot_id);
  });
});

describe('a download', () => {
  it('goes on by Range after the connection was cut', async () => {
    cloud.answers.push(cutAfter(1_000_000));
    const { platform } = await device();
    offer(await cloud.nextTunnel());
    await cloud.nextTunnel();
    expect(cloud.ranges[0]).toBe('');
    expect(cloud.ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
    expect(await activeImage(platform)).toEqual(image);
  });

  it('starts anew where the server ignores Range', async () => {
    cloud.answers.push(cutAfter(1_000_000), cutAfter(500_000));
    const { platform } = await device();
    offer(await cloud.nextTunnel());
    await cloud.nextTunnel();
    expect(await activeImage(platform)).toEqual(image);
  });

  it('gets a fresh URL when the old one is refused', async () => {
    cloud.answers.push(refuseWith(403));
    await device();
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    await tunnel.until(asksForUrl);
    tunnel.send({ type: 'url', update_id, url: url(), url_expires_at: inAnHour() });
    expect((await cloud.nextTunnel()).hello.version).toBe('2.0.0');
  });

  it('does not try a URL that has expired', async () => {
    await device();
    const tunnel = await cloud.nextTunnel();
    offer(tunnel, { url: url('/old'), url_expires_at: '2020-01-01T00:00:00Z' });
    await tunnel.until(asksForUrl);
    expect(cloud.ranges).toEqual([]);
    tunnel.send({ type: 'url', update_id, url: url(), url_expires_at: inAnHour() });
    expect((await cloud.nextTunnel()).hello.version).toBe('2.0.0');
  });

  it('goes on after a restart of the device in the middle of it', async () => {
    cloud.answers.push(stallAfter(1_000_000));
    const { agent } = await device();
    const first = await cloud.nextTunnel();
    offer(first);
    await first.until(hasThird);
    await agent.stop();
    const { platform } = await device();
    const second = await cloud.nextTunnel();
    expect(second.hello.boot_id).toBe(first.hello.boot_id);
    offer(second);
    expect((await cloud.nextTunnel()).hello.version).toBe('2.0.0');
    expect(cloud.ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
    expect(await activeImage(platform)).toEqual(image);
  });

  it('begins once more when what an earlier start left is spoilt', async () => {
    cloud.answers.push(stallAfter(1_000_000));
    const { agent } = await device();
    const first = await cloud.nextTunnel();
    offer(first);
    await first.until(hasThird);
    await agent.stop();
    const { size } = await stat(path('download', 'image.part'));
    await writeFile(path('download', 'image.part'), Buffer.alloc(size));
    const { platform } = await device();
    offer(await cloud.nextTunnel());
    await cloud.nextTunnel();
    expect(cloud.ranges[2]).toBe('');
    expect(await activeImage(platform)).toEqual(image);
  });

  it('goes on over a lost tunnel, and its progress is told on the next one', async () => {
    cloud.answers.push(stallAfter(1_000_000));
    await device();
    const first = await cloud.nextTunnel();
    offer(first);
    await first.until(hasThird);
    first.socket.terminate();
    expect(await (await cloud.nextTunnel()).until(isIn('downloading'))).toMatchObject({ update_id });
  });

  it('says how far the whole update is, so that what follows the download is not less', async () => {
    cloud.answers.push(stallAfter(2_900_000));
    await device();
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    const all = Math.floor((80 * 2_900_000) / image.length);
    const said = await tunnel.until((frame) => frame.type === 'progress' && frame.progress >= all);
    expect(said).toMatchObject({ phase: 'downloading', progress: all });
  });
});

describe('a wrong image', () => {
  const altered = Buffer.from(image);
  altered[1_500_000]! ^= 1;

  it('is deleted, and the device stays on its version', async () => {
    cloud.images.set('/image', altered);
    const { platform, agent } = await device();
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    expect(await tunnel.until(isFailed)).toMatchObject({ update_id, code: 'checksum-mismatch' });
    await agent.stop();
    await expect(stat(path('download', 'image.part'))).rejects.toThrow('ENOENT');
    expect(await platform.running()).toMatchObject({ version: '1.0.0', boot_id: tunnel.hello.boot_id });
  });

  it('that is too long is not taken to its end', async () => {
    cloud.images.set('/image', Buffer.concat([image, image]));
    cloud.always = (_request, response, whole) => void response.writeHead(200).end(whole);
    await device({}, { download_window: { min_s: 0, max_s: 0 } });
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    const failed = await tunnel.until(isFailed);
    expect(failed).toMatchObject({ code: 'download-failed', message: expect.stringContaining('more than') });
  });

  it('is reported again when it is offered again, and not downloaded again', async () => {
    cloud.images.set('/image', altered);
    await device();
    const first = await cloud.nextTunnel();
    offer(first);
    const failed = await first.until(isFailed);
    first.socket.terminate();
    const second = await cloud.nextTunnel();
    offer(second);
    expect(await second.until(isFailed)).toEqual(failed);
    expect(cloud.ranges).toHaveLength(1);
  });

  it('without TLS is not downloaded at all', async () => {
    await device();
    const tunnel = await cloud.nextTunnel();
    offer(tunnel, { url: url().replace('https:', 'http:') });
    const failed = await tunnel.until(isFailed);
    expect(failed).toMatchObject({ code: 'download-failed', message: expect.stringContaining('https') });
  });
});

describe('a download that the cloud does not give', () => {
  it('ends at the deadline', async () => {
    await device();
    const tunnel = await cloud.nextTunnel();
    const deadline_at = new Date(Date.now() + 500).toISOString();
    offer(tunnel, { deadline_at, url_expires_at: '2020-01-01T00:00:00Z' });
    const failed = await tunnel.until(isFailed);
    expect(failed).toMatchObject({ code: 'download-failed', message: expect.stringContaining('deadline') });
  });
});

describe('an install that fails', () => {
  it('is reported with the last words of the command, and the slot is discarded', async () => {
    const command = node("console.error('no such board');process.exit(4)");
    const { platform, agent } = await device({ install_command: command });
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    const failed = await tunnel.until(isFailed);
    expect(failed).toMatchObject({ code: 'install-failed', message: expect.stringContaining('no such board') });
    await agent.stop();
    await expect(stat(path('slots', 'b'))).rejects.toThrow('ENOENT');
    expect((await platform.running()).version).toBe('1.0.0');
  });

  it('because the new version is not well brings the old one back, in a new boot', async () => {
    await device({ health_command: node('process.exit(1)') });
    const before = await cloud.nextTunnel();
    offer(before);
    const after = await cloud.nextTunnel();
    expect(after.hello.version).toBe('1.0.0');
    expect(after.hello.boot_id).not.toBe(before.hello.boot_id);
    expect(await after.until(isFailed)).toMatchObject({ update_id, code: 'rolled-back' });
  });
});

describe('a new version that its health command vetoes', () => {
  const veto = node("console.error('no heartbeat from the motor');process.exit(3)");
  const failure = { update_id, code: 'rolled-back', message: expect.stringContaining('no heartbeat from the motor') };
  const failedIn = ({ hello }: FakeTunnel) => (hello as Hello & { failed?: object }).failed;

  it('ends as rolled back with the words of the command, in the hello and in the log', async () => {
    const lines: object[] = [];
    const log = { ...silentLog, warn: (fields: object) => void lines.push(fields) };
    await device({ health_command: veto }, { log });
    offer(await cloud.nextTunnel());
    const back = await cloud.nextTunnel();
    expect(back.hello.version).toBe('1.0.0');
    expect(failedIn(back)).toEqual(failure);
    expect(lines).toContainEqual({ status: 'failed', ...failure });
  });

  it('is told after the reboot of the old one, and no more once it was welcomed', async () => {
    const over = { health_command: veto };
    const { agent: old } = await device(over, { reboot: 'exit' });
    offer(await cloud.nextTunnel());
    expect(await old.ended).toBe('restart');
    await old.stop();
    const { agent: unwell } = await device(over, { reboot: 'exit' });
    expect(await unwell.ended).toBe('restart');
    await unwell.stop();
    cloud.refusal = { status: 503, body: {} };
    const { agent: away } = await device(over, { reboot: 'exit' });
    await away.stop();
    cloud.refusal = undefined;
    const { agent: back } = await device(over, { reboot: 'exit' });
    const told = await cloud.nextTunnel();
    expect(told.hello.version).toBe('1.0.0');
    expect(failedIn(told)).toEqual(failure);
    await expect.poll(() => readFile(path('journal.json'), 'utf8'), { timeout: 30_000 }).toContain('"told":true');
    await back.stop();
    await device(over, { reboot: 'exit' });
    expect(failedIn(await cloud.nextTunnel())).toBeUndefined();
  });

  it('is remembered where the power is cut between the veto and the way back', async () => {
    const { agent, platform } = await device();
    offer(await cloud.nextTunnel());
    await cloud.nextTunnel();
    await agent.stop();
    await platform.saveJournal({ status: 'rolling-back', plan, message: 'no heartbeat from the motor' });
    await device();
    const back = await cloud.nextTunnel();
    expect(back.hello.version).toBe('1.0.0');
    expect(failedIn(back)).toEqual(failure);
  });
});

describe('a device whose clock is wrong', () => {
  const MINUTE_MS = 60_000;
  const clocks: [string, () => number][] = [
    ['3 minutes ahead', () => Date.now() + 3 * MINUTE_MS],
    ['6 minutes behind', () => Date.now() - 6 * MINUTE_MS],
    ['10 years ahead', () => Date.now() + 3_650 * 24 * 60 * MINUTE_MS],
    ['at 1970', () => Date.now() - START_MS],
  ];
  const START_MS = Date.now();
  const clockOf = (now: () => number): Clock => Object.assign({}, systemClock, { now: () => new Date(now()) });

  it.each(clocks)('comes in with the time of who refused it: %s', async (_, now) => {
    for (const how of ['server_time', 'Date'] as const) {
      cloud.judgesTokens = how;
      const { agent } = await device({}, { clock: clockOf(now) });
      expect((await cloud.nextTunnel()).hello.version).toBe('1.0.0');
      expect(cloud.tokens).toHaveLength(2);
      cloud.tokens.length = 0;
      await agent.stop();
    }
  });

  it('keeps to the time of the welcome on the next tunnel', async () => {
    const { agent } = await device({}, { clock: clockOf(() => Date.now() - START_MS) });
    const first = await cloud.nextTunnel();
    cloud.judgesTokens = 'Date';
    first.socket.terminate();
    await cloud.nextTunnel();
    expect(cloud.tokens).toHaveLength(2);
    await agent.stop();
  });
});

describe('a device that is stopped', () => {
  it('has stored what it had begun to book: the next agent on its disk would be in the way', async () => {
    let late_ms = 0;
    const rename: DeviceFiles['rename'] = async (from, to) => {
      await systemClock.sleep(late_ms);
      await systemFiles.rename(from, to);
    };
    const connected = Promise.withResolvers<void>();
    const onNotice = ({ type }: AgentNotice) => void (type === 'connected' && connected.resolve());
    const { agent } = await device({ files: { ...systemFiles, rename } }, { onNotice });
    late_ms = 300;
    await connected.promise;
    await agent.stop();
    const trust = JSON.parse(await readFile(path('trust.json'), 'utf8')) as { latest_time: string };
    expect(Date.now() - Date.parse(trust.latest_time)).toBeLessThan(600_000);
  });
});

describe('a device that dies', () => {
  it('while it installs, installs again when it is back, without an offer', async () => {
    const slow = node(`if(!require('fs').existsSync('${path('go')}'))setInterval(()=>{},1000)`);
    const { agent } = await device({ install_command: slow });
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    await tunnel.until(isIn('installing'));
    await agent.stop();
    await writeFile(path('go'), '');
    await device({ install_command: slow });
    const versions = [(await cloud.nextTunnel()).hello.version, (await cloud.nextTunnel()).hello.version];
    expect(versions).toEqual(['1.0.0', '2.0.0']);
  });

  it('before its new slot is confirmed, comes back on it', async () => {
    const { agent } = await device({}, { reboot: 'exit' });
    offer(await cloud.nextTunnel());
    expect(await agent.ended).toBe('restart');
    await device();
    expect((await cloud.nextTunnel()).hello.version).toBe('2.0.0');
  });

  it('before it has switched, switches when it is back, and says so from the boot after that alone', async () => {
    const { agent } = await device({}, { reboot: 'exit' });
    offer(await cloud.nextTunnel());
    expect(await agent.ended).toBe('restart');
    await writeFile(path('current'), JSON.stringify({ slot: 'a', boot_id: 'before' }));
    const { agent: again } = await device({}, { reboot: 'exit' });
    expect(await again.ended).toBe('restart');
    await device({}, { reboot: 'exit' });
    const { hello } = await cloud.nextTunnel();
    expect(hello.version).toBe('2.0.0');
    expect(hello.boot_id).not.toBe('before');
  });
});

describe('a cancel', () => {
  it('before the install stops the update and deletes what is there', async () => {
    cloud.answers.push(stallAfter(1_000_000));
    await device();
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    await tunnel.until(hasThird);
    tunnel.send({ type: 'cancel', update_id });
    // The next offer is taken after the cancel, from the first byte on.
    offer(tunnel, { update_id: 'upd_2' });
    await cloud.nextTunnel();
    expect(cloud.ranges).toEqual(['', '']);
  });

  it('of an install comes too late', async () => {
    const slow = node(`setTimeout(()=>{},500)`);
    await device({ install_command: slow });
    const tunnel = await cloud.nextTunnel();
    offer(tunnel);
    await tunnel.until(isIn('installing'));
    tunnel.send({ type: 'cancel', update_id });
    expect((await cloud.nextTunnel()).hello.version).toBe('2.0.0');
  });
});

describe('a tunnel', () => {
  it('survives frames that it does not know or cannot read', async () => {
    await device();
    const tunnel = await cloud.nextTunnel();
    tunnel.send({ type: 'firework' });
    tunnel.socket.send('{');
    tunnel.send({ type: 'error', code: 'update-unknown', detail: 'x' });
    offer(tunnel);
    expect((await cloud.nextTunnel()).hello.version).toBe('2.0.0');
  });

  it('that is silent is given up for a new one', async () => {
    cloud.heartbeat_s = 1;
    await device();
    const silent = await cloud.nextTunnel();
    const next = await cloud.nextTunnel();
    expect(next.hello).toEqual(silent.hello);
  });

  it('is closed for good when the device is revoked', async () => {
    const { agent } = await device();
    (await cloud.nextTunnel()).socket.close(CLOSE.revoked, 'revoked');
    expect(await agent.ended).toBe('revoked');
  });

  it('is not even opened when the upgrade says that the device is revoked', async () => {
    cloud.refusal = { status: 403, body: { code: 'device-revoked' } };
    const { agent } = await device();
    expect(await agent.ended).toBe('revoked');
  });
});

describe('a cloud with too many devices at its door', () => {
  it('is asked again when it says so, and not before', async () => {
    cloud.refusal = { status: 503, body: { code: 'service-unavailable' }, retry_after_s: 3_000 };
    const waits: unknown[] = [];
    const log = { ...silentLog, info: (fields: object) => waits.push('ms' in fields ? fields.ms : undefined) };
    await device({}, { log });
    await vi.waitFor(() => expect(waits).toContain(3_000_000));
  });
});
