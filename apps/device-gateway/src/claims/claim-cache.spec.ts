import { claimStream } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { MemoryLog, MemoryLogServer } from '@edgeflow/event-log/memory';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { beforeEach, describe, expect, it } from 'vitest';
import { deviceKeyFromSeed } from '@edgeflow/device-agent';
import { ClaimCache } from './claim-cache.js';
import { ClaimedRegistration } from './claimed-registration.js';
import { Claims } from './claims.js';

const ORG = 'acme';
const { public_key } = deviceKeyFromSeed(Buffer.alloc(32, 7));

let time: VirtualTime;
let server: MemoryLogServer;
let log: EventLog;
let claim: { claim_id: string; secret: string };
beforeEach(async () => {
  time = new VirtualTime();
  const entropy = new SeededEntropy(1);
  server = new MemoryLogServer({ clock: time.clock() });
  log = await time.until(MemoryLog.connect(server, { name: 'gateway', machine: time.machine(entropy) }));
  const wanted = { uses: 3, expires_in_s: 86_400, issued_by: 'ada' };
  const { claim_id, token } = await time.until(new Claims(log, entropy).issue(ORG, wanted));
  claim = { claim_id, secret: token.split('.').at(-1) ?? '' };
});

/** The log comes back without what stands behind this position. */
async function lostBehind(position: number): Promise<void> {
  server.kill();
  server.start({ OTA: position });
  await time.pass(10_000);
}

describe('a claim token on a log that has lost its tail', () => {
  it('lets devices in, as often as it says: a use that is gone is none', async () => {
    const { position: issued } = await time.until(log.readStream(claimStream(ORG, claim.claim_id)));
    const registrations = new ClaimedRegistration(log);
    const register = (device_id: string) =>
      time.until(
        registrations.register(ORG, { device_id, model: 'cam-1', public_key, registered_by: device_id }, claim),
      );
    await register('dev_1');
    await register('dev_2');
    await lostBehind(issued);
    await register('dev_3');
    await register('dev_4');
    await register('dev_5');
    await expect(register('dev_6')).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('is read anew, and from then on only what is newer', async () => {
    const from: (number | undefined)[] = [];
    const counted = {
      get epoch() {
        return log.epoch;
      },
      readStream: (...[stream, options]: Parameters<EventLog['readStream']>) => {
        from.push(options?.from);
        return log.readStream(stream, options);
      },
    };
    const cache = new ClaimCache(counted);
    const load = () => time.until(cache.load(claimStream(ORG, claim.claim_id)));
    const { seen } = await load();
    const [position = 0] = seen.values();
    await load();
    await lostBehind(position);
    await load();
    await load();
    expect(from).toEqual([1, position + 1, 1, position + 1]);
  });
});
