import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revoked } from '../events.fixture.js';
import type { EventLog } from '../event-log.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';

const DIVERGED = { code: 'log-diverged', status: 503 };

let nats: TestNats;
let fold: EventLog;
let writer: EventLog;

beforeAll(async () => {
  nats = await startTestNats();
  fold = await nats.connect({ name: 'fold' });
  writer = await nats.connect({ name: 'writer' });
});
afterAll(async () => {
  await Promise.all([fold.close(), writer.close()]);
  await nats.stop();
});

async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a log that a fold does not know again', () => {
  it('takes no event, of no process', async () => {
    fold.halt('spec-fold', 'checkpoint-ahead');
    await until(() => writer.halted() !== undefined);
    for (const log of [fold, writer]) {
      await expect(log.append([revoked('one', 'r1')], { after: 0 })).rejects.toMatchObject(DIVERGED);
      await expect(log.record(revoked('one', 'r2'))).rejects.toMatchObject(DIVERGED);
    }
    expect(await fold.state()).toMatchObject({ last: 0 });
  });

  it('lets gateways keep their ids: nobody folds those', async () => {
    await writer.gatewayLeases.open();
    expect(await writer.gatewayLeases.write('gw_1', new Uint8Array([1]), { after: 0 })).toBeGreaterThan(0);
  });
});
