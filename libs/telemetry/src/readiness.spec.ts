import { systemClock } from '@edgeflow/runtime';
import { Test } from '@nestjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { Degraded, Readiness, type ReadinessCheck } from './readiness.js';
import { HealthModule } from './health.module.js';

async function readinessOf(...checks: ReadinessCheck[]): Promise<Readiness> {
  const module = await Test.createTestingModule({ imports: [HealthModule.for(checks, systemClock)] }).compile();
  return module.get(Readiness);
}

const up: ReadinessCheck = { name: 'nats', check: () => Promise.resolve() };

describe('the readiness of a service', () => {
  it('is given when every check passes', async () => {
    const { ready, report } = await (await readinessOf(up)).report();
    expect(ready).toBe(true);
    expect(report).toMatchObject({ status: 'ok', details: { nats: { status: 'up' } } });
  });

  it('is not given when one fails, which is named with its reason', async () => {
    const down = { name: 'database', check: () => Promise.reject(new Error('postgres://u:hunter2@db is away')) };
    const { ready, report } = await (await readinessOf(up, down)).report();
    expect(ready).toBe(false);
    expect(report).toMatchObject({
      info: { nats: { status: 'up' } },
      error: { database: { status: 'down', message: 'postgres://u:[redacted]@db is away' } },
    });
  });

  it('names a check that throws before it has begun', async () => {
    const broken = {
      name: 'storage',
      check: () => {
        throw new Error('no bucket');
      },
    };
    expect((await (await readinessOf(broken)).report()).report.error).toMatchObject({
      storage: { message: 'no bucket' },
    });
  });

  it('does not wait for one that hangs', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => AbortSignal.abort(`${ms} ms`));
    const hangs = { name: 'storage', check: () => new Promise<void>(() => undefined) };
    const { ready, report } = await (await readinessOf(up, hangs)).report();
    expect(ready).toBe(false);
    expect(report.error).toMatchObject({ storage: { status: 'down', message: 'timeout of 3000ms exceeded' } });
    vi.restoreAllMocks();
  });

  it.each([
    ['gives back', () => Promise.resolve(new Degraded('2 events at postgres://u:hunter2@db'))],
    ['throws', () => Promise.reject(new Degraded('2 events at postgres://u:hunter2@db'))],
  ])('is given, and called degraded with the reason, when a check %s that', async (_, check) => {
    const { ready, report } = await (await readinessOf(up, { name: 'set_aside', check })).report();
    expect(ready).toBe(true);
    expect(report).toMatchObject({
      status: 'degraded',
      details: {
        nats: { status: 'up' },
        set_aside: { status: 'degraded', message: '2 events at postgres://u:[redacted]@db' },
      },
    });
  });

  it('is not given when one check is degraded and another one fails', async () => {
    const degraded = { name: 'set_aside', check: () => Promise.resolve(new Degraded('one event')) };
    const down = { name: 'database', check: () => Promise.reject(new Error('away')) };
    const { ready, report } = await (await readinessOf(degraded, down)).report();
    expect(ready).toBe(false);
    expect(report).toMatchObject({ status: 'error', details: { set_aside: { message: 'one event' } } });
  });

  it('is not given any more once the service stops', async () => {
    const readiness = await readinessOf(up);
    readiness.stop();
    expect(await readiness.report()).toMatchObject({ ready: false, report: { status: 'shutting_down' } });
  });
});
