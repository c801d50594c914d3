import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { type EventLog } from '../index.js';
import { streamOfDevice, revoked } from '../events.fixture.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(async () => {
  vi.useRealTimers();
  await log.close();
  await nats.stop();
});

it("knows the time of its server from the first connection on, whatever the machine's clock says", async () => {
  const shift_ms = -3_600_000;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + shift_ms });
  log = await nats.connect({ name: 'spec' });
  expect(log.clock.skew_s()).toBeLessThan(-3_500);
  expect(log.clock.mayLead).toBe(false);
  const before = log.clock.now();
  await log.append([revoked('clock', 'clock-1')], { after: 0 });
  const [event] = await log.read(streamOfDevice('clock'));
  // Within the error of the measure, which this machine's load makes large.
  expect(Date.parse(event?.stored_at ?? '')).toBeGreaterThan(before.getTime() - 5_000);
  expect(Date.parse(event?.stored_at ?? '')).toBeLessThan(log.clock.now().getTime() + 5_000);
});
