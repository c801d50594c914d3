import { randomBytes } from 'node:crypto';
import { requestStream, toEvent, type FirmwareUse, type StoredEvent } from '@edgeflow/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RegistryCore } from '../registry.core.js';
import { startTestRegistry, type Tenant, type TestRegistry } from '../testing/registry.fixture.js';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry({ DELETION_WAIT_MS: '2000' });
});
afterAll(() => registry.stop());

const nobody: FirmwareUse = { running: 0, may_go_back: 0, updates: 0, rollouts: 0 };
type Asked = StoredEvent<'FirmwareDeletionProposed'>;

const asked = async (tenant: Tenant): Promise<Asked[]> =>
  (await tenant.events()).filter((event): event is Asked => event.type === 'FirmwareDeletionProposed');

/** Says in the orchestrator's place who needs what is to be deleted, of each wish once. */
async function answers(tenant: Tenant, useOf: (version: string) => FirmwareUse | undefined): Promise<void> {
  for (const { data } of await asked(tenant)) {
    const use = useOf(data.version);
    const { deletion_id, firmware_id, model, version } = data;
    const stream = requestStream(tenant.org, deletion_id);
    if (!use || (await registry.log.lastPosition(stream)) > 0) continue;
    const fact = { type: 'FirmwareUseCounted', data: { deletion_id, firmware_id, model, version, ...use } } as const;
    const about = { id: `use-${deletion_id}`, source: '/spec', time: new Date().toISOString() };
    await registry.log.append([toEvent(stream, fact, about)], { after: 0 });
  }
}

/** An orchestrator for as long as something else goes on. */
async function answered<T>(
  tenant: Tenant,
  use: FirmwareUse | ((version: string) => FirmwareUse | undefined),
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const answering = (async () => {
    while (!over.signal.aborted) {
      await answers(tenant, typeof use === 'function' ? use : () => use);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return work().finally(() => (over.abort(), answering));
}

const remove = (tenant: Tenant, id: string, role: 'admin' | 'publisher' | 'operator' = 'admin', body?: object) =>
  tenant.ask<Record<string, unknown>>('DELETE', `/firmware/${id}`, role, body ?? {});

describe('a firmware that nobody needs', () => {
  it('is deleted with its image, and its version may be uploaded anew as another image', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload();
    await tenant.revoke(body.firmware_id);
    const gone = await answered(tenant, nobody, () => remove(tenant, body.firmware_id, 'admin', { reason: 'lab' }));
    const deleted = (await tenant.events()).find(({ type }) => type === 'FirmwareDeleted');
    expect(gone).toEqual({
      status: 202,
      body: { firmware_id: body.firmware_id, status: 'deleted', position: deleted?.position },
    });
    expect(deleted?.data).toMatchObject({ cause: 'operator', reason: 'lab', deleted_by: `admin@${tenant.org}` });
    expect((await tenant.stored()).objects).toEqual([]);
    expect(await remove(tenant, body.firmware_id)).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
    expect(await tenant.revoke(body.firmware_id)).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
    const again = await tenant.upload();
    expect(again).toMatchObject({ status: 201, body: { firmware_id: body.firmware_id } });
    expect(again.body.sha256).not.toBe(body.sha256);
    expect((await tenant.stored()).objects).toEqual([again.body.key]);
  });

  it('leaves the image that another model has', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload({ models: ['m1', 'm2'] });
    const [first, second] = body.firmwares;
    await answered(tenant, nobody, () => remove(tenant, first!.firmware_id, 'publisher'));
    expect((await tenant.stored()).objects).toEqual([body.key]);
    await answered(tenant, nobody, () => remove(tenant, second!.firmware_id, 'publisher'));
    expect((await tenant.stored()).objects).toEqual([]);
  });

  it('is deleted once, whoever asks at the same time', async () => {
    const tenant = registry.tenant();
    const { firmware_id } = (await tenant.upload()).body;
    const all = await answered(tenant, nobody, () =>
      Promise.all([remove(tenant, firmware_id), remove(tenant, firmware_id), remove(tenant, firmware_id)]),
    );
    expect(all.every(({ status }) => status === 202 || status === 404)).toBe(true);
    expect((await tenant.events()).filter(({ type }) => type === 'FirmwareDeleted')).toHaveLength(1);
  });
});

describe('a firmware that somebody needs', () => {
  it('stays, with the numbers of who does, and goes once they do not any more', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload();
    const use = { running: 2, may_go_back: 3, updates: 1, rollouts: 4 };
    const refused = await answered(tenant, use, () => remove(tenant, body.firmware_id));
    expect(refused).toMatchObject({ status: 409, body: { code: 'firmware-in-use', ...use } });
    expect((await tenant.stored()).objects).toEqual([body.key]);
    expect(await answered(tenant, nobody, () => remove(tenant, body.firmware_id))).toMatchObject({ status: 202 });
    expect((await tenant.stored()).objects).toEqual([]);
  });

  it('is not deleted by operators, nor by those of other organizations', async () => {
    const [acme, globex] = [registry.tenant(), registry.tenant()];
    const { firmware_id } = (await acme.upload()).body;
    expect((await remove(acme, firmware_id, 'operator')).status).toBe(403);
    expect(await remove(globex, firmware_id)).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
    expect(await asked(acme)).toEqual([]);
  });
});

describe('a deletion that nobody answers in time', () => {
  it('goes on as soon as it is known that nobody needs it', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload();
    expect(await remove(tenant, body.firmware_id)).toMatchObject({ status: 202, body: { status: 'requested' } });
    expect((await tenant.stored()).objects).toEqual([body.key]);
    const sweep = registry.service.app.get(RegistryCore).deletionSweep;
    expect(await sweep.run()).toBe(1);
    await answers(tenant, () => nobody);
    expect(await sweep.run()).toBe(0);
    expect((await tenant.stored()).objects).toEqual([]);
    expect((await tenant.events()).map(({ type }) => type)).toContain('FirmwareDeleted');
  });
});

describe('the retention of an organization', () => {
  const versionsOf = async (tenant: Tenant) => {
    const objects = (await tenant.stored()).objects;
    return objects.map((key) => key.split('/')[2]).toSorted();
  };
  const keep = (tenant: Tenant, keep_last: unknown, role: 'admin' | 'publisher' = 'admin') =>
    tenant.ask<Record<string, unknown>>('PUT', '/retention', role, { keep_last });

  it('is off until an admin says a number, and off again without one', async () => {
    const tenant = registry.tenant();
    expect(await tenant.ask('GET', '/retention', 'viewer')).toMatchObject({ body: { keep_last: null } });
    expect((await keep(tenant, 2, 'publisher')).status).toBe(403);
    for (const wrong of [0, -1, 1.5, 'x', 1001, undefined]) expect((await keep(tenant, wrong)).status).toBe(400);
    expect(await keep(tenant, 2)).toMatchObject({ status: 200, body: { keep_last: 2 } });
    expect(await tenant.ask('GET', '/retention', 'viewer')).toMatchObject({ body: { keep_last: 2 } });
    expect(await keep(tenant, null)).toMatchObject({ status: 200, body: { keep_last: null } });
    expect(await tenant.ask('GET', '/retention', 'viewer')).toMatchObject({ body: { keep_last: null } });
  });

  it('keeps the newest uploads of each model and what is needed, at once and after each upload', async () => {
    const tenant = registry.tenant();
    for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) await tenant.upload({ version, bytes: randomBytes(9) });
    await tenant.upload({ version: '1.0.0', models: ['m2'], bytes: randomBytes(9) }).then(({ body }) => body.key);
    const use = (version: string) => (version === '1.1.0' ? { ...nobody, running: 1 } : nobody);
    await answered(tenant, use, async () => {
      await keep(tenant, 2);
      await vi.waitFor(
        async () => expect(await versionsOf(tenant)).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.3.0']),
        20_000,
      );
      await tenant.upload({ version: '1.4.0', bytes: randomBytes(9) });
      await vi.waitFor(
        async () => expect(await versionsOf(tenant)).toEqual(['1.0.0', '1.1.0', '1.3.0', '1.4.0']),
        20_000,
      );
    });
    const deleted = (await tenant.events()).filter(({ type }) => type === 'FirmwareDeleted');
    expect(deleted.map(({ data }) => data)).toEqual([
      expect.objectContaining({ version: '1.0.0', model: 'm1', cause: 'retention', deleted_by: 'retention' }),
      expect.objectContaining({ version: '1.2.0', model: 'm1', cause: 'retention' }),
    ]);
    // What is needed was asked about once.
    expect((await asked(tenant)).filter(({ data }) => data.version === '1.1.0')).toHaveLength(1);
  });

  it('does not count what is revoked: what can be rolled out stays', async () => {
    const tenant = registry.tenant();
    const ids: string[] = [];
    for (const version of ['1.0.0', '2.0.0', '3.0.0', '3.0.1'])
      ids.push((await tenant.upload({ version, bytes: randomBytes(9) })).body.firmware_id);
    for (const id of ids.slice(2)) await tenant.ask('POST', `/firmware/${id}/revoke`, 'publisher', {});
    await answered(
      tenant,
      () => nobody,
      async () => {
        await keep(tenant, 1);
        await vi.waitFor(async () => expect(await versionsOf(tenant)).toEqual(['2.0.0', '3.0.0', '3.0.1']), 20_000);
        await tenant.upload({ version: '3.0.2', bytes: randomBytes(9) });
        await vi.waitFor(async () => expect(await versionsOf(tenant)).toEqual(['3.0.2']), 20_000);
      },
    );
  });
});
