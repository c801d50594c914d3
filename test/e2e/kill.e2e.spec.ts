import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from './scripted-device.js';
import { imageOf, StandaloneUnderTest } from './standalone.harness.js';

let standalone: StandaloneUnderTest;
const image = imageOf();

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  await standalone.upload('acme', image, { version: '1.1.0', models: 'board' });
});
afterAll(() => standalone.dispose());

const PROCESSES = [
  'firmware-registry',
  'rollout-orchestrator',
  'device-gateway',
  'projection',
  'nats-server',
  'postgres',
  's3-endpoint',
  'origin-1',
];

describe('a process that is killed in the middle of an update', () => {
  it.each(PROCESSES)('%s comes back, and the update ends rightly, each event once', async (name) => {
    const story = { org: 'acme', device_id: `dev_${PROCESSES.indexOf(name)}`, model: 'board', version: '1.0.0' };
    const device = await ScriptedDevice.online(standalone, story);
    const offer = await device.updateTo('1.1.0');
    device.tunnel.send({ type: 'progress', update_id: offer.update_id, phase: 'downloading', progress: 10 });
    await standalone.kill(name);

    await device.reconnect();
    const again = await device.tunnel.next('update');
    expect(again.update_id).toBe(offer.update_id);
    await standalone.eventually(
      async () => ({ status: 0, body: await device.download(again.url) }),
      ({ body }) => body.status === 200 && body.sha256 === image.sha256,
    );
    await device.reboot('1.1.0');
    const record = await device.eventually(({ ota_status }) => ota_status === 'completed');
    expect(record).toMatchObject({ current_version: '1.1.0', progress: 100 });
    const names = await device.eventNames();
    for (const once of ['UpdateRequested', 'UpdateDispatched', 'UpdateCompleted']) {
      expect(names.filter((each) => each === once)).toEqual([once]);
    }
  });
});
