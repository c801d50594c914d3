import { deviceKeyFromSeed } from '@edgeflow/device-agent';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { describe, expect, it } from 'vitest';
import { OneCloud } from './one-cloud.fixture.js';
import { PoweredDevice } from './powered-device.js';
import { RudeDevice } from './rude-device.js';
import type { Deed, DeviceTemper } from './temper.js';

const MINUTE_MS = 60_000;
const calm: Omit<DeviceTemper, 'deeds'> = {
  ...{ pace_ms: 1_000, power_cuts: 0, losses: 0, flaws: [] },
  ...{ odd_version: false, floods: false, has_twin: false },
};

/** A device that does this with whatever it is offered. */
function deviceThat(deed: Deed, temper: Partial<DeviceTemper> = {}, seed = 1) {
  const time = new VirtualTime();
  const cloud = new OneCloud(time);
  const entropy = new SeededEntropy(seed);
  const key = deviceKeyFromSeed(Buffer.alloc(32, 7));
  const device = new RudeDevice({
    ...{ entropy, network: cloud, factory_version: '1.0.0', now_ms: () => time.now_ms },
    identity: { org: 'acme', device_id: 'dev_1', model: 'm1', key },
    temper: { ...calm, deeds: [[deed, 1]], ...temper },
  });
  const power = new PoweredDevice(device, { time, entropy, lane: 1, offset_ms: 0, drift_ppm: 0 });
  power.start();
  const hellos = () => cloud.frames.filter(({ type }) => type === 'hello');
  return { time, cloud, power, hellos, versions: () => hellos().map(({ version }) => version), flash: device.flash };
}

describe('a device that speaks frames itself', () => {
  it('installs: it says each step, and comes back in another boot', async () => {
    const { time, cloud, hellos } = deviceThat('installs');
    await time.pass(MINUTE_MS);
    expect(hellos().map(({ version, boot_id }) => [version, boot_id])).toEqual([
      ['1.0.0', 'dev_1-boot-1'],
      ['2.0.0', 'dev_1-boot-2'],
    ]);
    expect(cloud.frames.filter(({ type }) => type === 'progress')).toHaveLength(6);
  });

  it('comes back where its connection has died without a word, minutes later', async () => {
    const { time, cloud, hellos } = deviceThat('ignores');
    await time.pass(MINUTE_MS);
    cloud.hang();
    await time.pass(MINUTE_MS);
    expect(hellos()).toHaveLength(1);
    await time.pass(2 * MINUTE_MS);
    expect(hellos()).toHaveLength(2);
  });

  it('fails in words of its own', async () => {
    const { time, cloud, versions } = deviceThat('fails');
    await time.pass(MINUTE_MS);
    expect(cloud.frames.filter(({ type }) => type === 'failed')).toHaveLength(1);
    expect(versions()).toEqual(['1.0.0']);
  });

  it('loops: it comes back as it was, for as long as it is told', async () => {
    const { time, versions } = deviceThat('loops');
    await time.pass(5 * MINUTE_MS);
    expect(versions().length).toBeGreaterThan(5);
    expect(new Set(versions())).toEqual(new Set(['1.0.0']));
  });

  it('loops silently: the same, and it says nothing of what it does', async () => {
    const { time, cloud, versions } = deviceThat('loops-silently');
    await time.pass(5 * MINUTE_MS);
    expect(versions().length).toBeGreaterThan(5);
    expect(cloud.frames.filter(({ type }) => type !== 'hello')).toEqual([]);
  });

  it('comes up elsewhere', async () => {
    const { time, versions } = deviceThat('elsewhere');
    await time.pass(MINUTE_MS);
    expect(['1.0.0', '2.0.0']).not.toContain(versions()[1]);
  });

  it('tries, and confirms later', async () => {
    const { time, hellos } = deviceThat('tries');
    await time.pass(MINUTE_MS);
    expect(hellos().map(({ version, confirmed }) => [version, confirmed])).toEqual([
      ['1.0.0', undefined],
      ['2.0.0', false],
      ['2.0.0', true],
    ]);
  });

  it('takes back what it has not confirmed, and says why or does not', async () => {
    const said = new Set<unknown>();
    for (let seed = 1; seed <= 10; seed += 1) {
      const { time, hellos } = deviceThat('takes-back', {}, seed);
      await time.pass(40_000);
      expect(
        hellos()
          .map(({ version }) => version)
          .slice(0, 3),
      ).toEqual(['1.0.0', '2.0.0', '1.0.0']);
      said.add(hellos()[2]?.['failed'] !== undefined);
    }
    expect(said.size).toBe(2);
  });

  it('reverts a while after it came', async () => {
    const { time, versions } = deviceThat('reverts');
    await time.pass(MINUTE_MS);
    expect(versions().slice(0, 3)).toEqual(['1.0.0', '2.0.0', '1.0.0']);
  });

  it('does with an image that is no good what that makes of it', async () => {
    const flawed = (share: number) => deviceThat('installs', { flaws: [{ version: '2.0.0', deed: 'fails', share }] });
    const [bad, good] = [flawed(1), flawed(0)];
    for (const { time } of [bad, good]) await time.pass(MINUTE_MS);
    expect(bad.versions()).toEqual(['1.0.0']);
    expect(bad.cloud.frames.map(({ type }) => type)).toContain('failed');
    expect(good.versions()).toEqual(['1.0.0', '2.0.0']);
  });

  it('puts off twice, declines, or says nothing', async () => {
    const late = deviceThat('postpones');
    await late.time.pass(MINUTE_MS);
    for (let times = 0; times < 3; times += 1) {
      late.cloud.break();
      await late.time.pass(MINUTE_MS);
    }
    expect(late.cloud.frames.filter(({ type }) => type === 'postpone')).toHaveLength(2);
    expect(late.versions().at(-1)).toBe('2.0.0');
    const never = deviceThat('declines');
    await never.time.pass(MINUTE_MS);
    expect(never.cloud.frames.map(({ type, code }) => [type, code])).toContainEqual(['failed', 'declined']);
    const silent = deviceThat('ignores');
    await silent.time.pass(MINUTE_MS);
    expect(silent.cloud.frames.map(({ type }) => type)).toEqual(['hello']);
  });

  it('stops at a cancel before it installs', async () => {
    const { time, cloud, versions } = deviceThat('installs');
    await time.pass(2_000);
    cloud.say({ type: 'cancel', update_id: 'upd_1' });
    await time.pass(MINUTE_MS);
    expect(versions()).toEqual(['1.0.0']);
  });

  it('says far more than anybody wants to hear', async () => {
    const { time, cloud } = deviceThat('ignores', { floods: true });
    await time.pass(3 * MINUTE_MS);
    expect(cloud.frames.length).toBeGreaterThan(60);
  });

  it('says a version that is none', async () => {
    const { time, versions, power } = deviceThat('ignores', { odd_version: true });
    await time.pass(1_000);
    power.cut(1_000);
    await time.pass(MINUTE_MS);
    expect(versions()).toEqual(['1.0.0', 'fw 1.0.0']);
  });

  it('comes back to a cloud that is away, less and less often', async () => {
    const { time, cloud } = deviceThat('installs');
    cloud.isAway = true;
    await time.pass(60 * MINUTE_MS);
    expect(cloud.tunnels).toBeGreaterThan(10);
    expect(cloud.tunnels).toBeLessThan(60);
  });
});

describe('the power of a device', () => {
  it('goes at any step, and the device goes on with what it had made up its mind to', async () => {
    const { time, power, versions, flash } = deviceThat('installs');
    await time.pass(3_000);
    power.cut(10_000);
    expect(power.isOn).toBe(false);
    await time.pass(2 * MINUTE_MS);
    expect(versions()).toEqual(['1.0.0', '1.0.0', '2.0.0']);
    expect(flash.boots).toBe(3);
  });

  it('never comes back to one that was taken away', async () => {
    const { time, power, hellos } = deviceThat('loops');
    await time.pass(1_000);
    power.cut(5_000);
    power.remove();
    await time.pass(10 * MINUTE_MS);
    expect(hellos()).toHaveLength(1);
    power.start();
    expect(power.isOn).toBe(false);
  });
});
