import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, type TestRegistry } from '../testing/registry.fixture.js';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());

describe('a revocation', () => {
  it('is announced for every model of the upload, side by side, with its reason', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload({ models: ['m1', 'm2'] });
    const other = await tenant.upload({ version: '1.4.0' });
    const { status, body: revoked } = await tenant.revoke(body.firmware_id, 'bricks m1');
    expect(status).toBe(202);
    const events = (await tenant.events()).filter(({ type }) => type === 'FirmwareRevoked');
    expect(revoked).toEqual({ firmware_id: body.firmware_id, position: events.at(-1)?.position });
    expect(events.map(({ data }) => data)).toEqual(
      body.firmwares.map(({ model, firmware_id }) => ({
        ...{ firmware_id, model, version: '1.3.0' },
        ...{ reason: 'bricks m1', revoked_by: `publisher@${tenant.org}` },
      })),
    );
    expect(events.map(({ entity_id }) => entity_id)).not.toContain(other.body.firmware_id);
  });

  it('reaches models that were released with the same image later', async () => {
    const tenant = registry.tenant();
    const bytes = randomBytes(100);
    const first = await tenant.upload({ bytes, models: ['m1'] });
    await tenant.upload({ bytes, models: ['m2'] });
    await tenant.revoke(first.body.firmware_id);
    const revoked = (await tenant.events()).filter(({ type }) => type === 'FirmwareRevoked');
    expect(revoked.map(({ data }) => 'model' in data && data.model)).toEqual(['m1', 'm2']);
  });

  it('is the same one when it is asked for again, or twice at once', async () => {
    const tenant = registry.tenant();
    const { firmware_id } = (await tenant.upload({ models: ['m1', 'm2'] })).body;
    const [first, second] = await Promise.all([tenant.revoke(firmware_id, 'one'), tenant.revoke(firmware_id, 'two')]);
    const third = await tenant.revoke(firmware_id);
    expect([first.status, second.status, third.status]).toEqual([202, 202, 202]);
    expect(second.body).toEqual(first.body);
    expect(third.body).toEqual(first.body);
  });

  it('is for the image too: it cannot be uploaded again, nor can another of this version', async () => {
    const tenant = registry.tenant();
    const bytes = randomBytes(100);
    const { body } = await tenant.upload({ bytes });
    await tenant.revoke(body.firmware_id);
    expect(await tenant.upload({ bytes })).toMatchObject({ status: 409, body: { code: 'firmware-revoked' } });
    expect(await tenant.upload()).toMatchObject({ status: 409, body: { code: 'version-exists' } });
    expect((await tenant.stored()).objects).toEqual([body.key]);
  });

  it('needs a firmware of the own organization', async () => {
    const [acme, globex] = [registry.tenant(), registry.tenant()];
    const { body } = await globex.upload();
    for (const id of [body.firmware_id, 'fw_0', 'a.b', '%3E']) {
      expect(await acme.revoke(id)).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
    }
    expect((await globex.events()).map(({ type }) => type)).toEqual(['FirmwareUploaded']);
  });

  it('is refused to others than publishers, and with a reason that is none', async () => {
    const tenant = registry.tenant();
    const { firmware_id } = (await tenant.upload()).body;
    expect((await tenant.revoke(firmware_id, undefined, 'operator')).status).toBe(403);
    expect(await tenant.revoke(firmware_id, 'x'.repeat(1025))).toMatchObject({ body: { code: 'invalid-request' } });
    expect((await tenant.revoke(firmware_id, undefined, 'admin')).status).toBe(202);
  });
});
