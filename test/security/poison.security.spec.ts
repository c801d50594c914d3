import { headOf, poisonFor } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from '../e2e/scripted-device.js';
import { StandaloneUnderTest, imageOf } from '../e2e/standalone.harness.js';

const SERVICES = ['registry', 'orchestrator', 'gateway', 'query'];
const ROUNDS = 3;

let standalone: StandaloneUnderTest;
let globex: ScriptedDevice;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  const image = imageOf();
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) {
    await standalone.upload('globex', image, { version, models: 'board' });
    await standalone.upload('acme', image, { version, models: 'board' });
  }
  globex = await ScriptedDevice.online(standalone, {
    org: 'globex',
    device_id: 'dev_g',
    model: 'board',
    version: '1.0.0',
  });
});
afterAll(() => standalone.dispose());

/** Everything that a team can put on the wire under its own organization's requests, and takes no notice of what becomes of it. */
async function attack(round: number): Promise<void> {
  const team = await standalone.team('acme');
  const address = { org: 'acme', entity: 'request', entity_id: `req_${round}`, type: 'UpdateRequested' } as const;
  const mine = poisonFor(address, { device_id: 'dev_a', version: '1.1.0' }).filter(({ subject }) =>
    /^ota\.acme\.request\.[^.]+\.[^.]+$/.test(subject),
  );
  expect(mine.length).toBeGreaterThan(35);
  await Promise.all(
    mine.map(({ subject, head, body }) => team.publishBytes(subject, head ?? headOf({}), body).catch(() => undefined)),
  );
  team.close();
}

async function everythingIsReady(): Promise<void> {
  for (const service of SERVICES) {
    const { status } = await fetch(new URL(`/${service}/readyz`, standalone.endpoints.http_origin));
    expect({ service, status }).toEqual({ service, status: 200 });
  }
}

describe('a team that publishes every kind of poison', () => {
  it('stops nobody else, and not even itself', async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      await attack(round);
      const version = `1.${round}.0`;
      await globex.updateTo(version);
      await globex.reboot(version);
      await globex.eventually(
        ({ ota_status, current_version }) => ota_status === 'completed' && current_version === version,
      );
      await everythingIsReady();
    }
    const acme = await ScriptedDevice.online(standalone, {
      org: 'acme',
      device_id: 'dev_a',
      model: 'board',
      version: '1.0.0',
    });
    await acme.updateTo('1.1.0');
    await acme.reboot('1.1.0');
    await acme.eventually(({ ota_status }) => ota_status === 'completed');
  });

  it('puts nothing aside that is another organization’s, nor shows it there', async () => {
    const path = '/query/v1/events/aside';
    const { status, body } = await standalone.ask<{ items: object[] }>('globex', 'operator', 'GET', path);
    expect({ status, items: body.items }).toEqual({ status: 200, items: [] });
  });
});
