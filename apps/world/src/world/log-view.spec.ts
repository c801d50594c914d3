import { toEvent, updateStream } from '@edgeflow/contracts';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { MemoryLog } from '@edgeflow/event-log/memory';
import { expect, it } from 'vitest';
import { LogView } from './log-view.js';
import { LOG, Servers } from './servers.js';

it('sees what has come, and everything again once some of it is lost, also where the log has grown as far meanwhile', async () => {
  const time = new VirtualTime();
  const entropy = new SeededEntropy(1);
  const servers = await Servers.open(time, entropy, ['acme']);
  const log = await time.until(MemoryLog.connect(servers.log, { name: 'spec', machine: time.machine(entropy) }));
  const append = (device_id: string) => {
    const fact = { type: 'DeadlineReached', data: { device_id, update_id: 'upd_1', number: 1 } } as const;
    const stream = updateStream({ org: 'acme', device_id });
    const about = { id: `of-${device_id}`, source: '/spec', time: time.clock().now().toISOString() };
    return time.until(log.append([toEvent(stream, fact, about)], { after: 0 }));
  };
  let losses = 0;
  const view = new LogView(servers.log, () => (losses += 1));
  const seen = (): string[] => view.next().map(({ entity_id }) => entity_id);
  await append('one');
  await append('two');
  expect(seen()).toEqual(['one', 'two']);
  expect(seen()).toEqual([]);
  servers.log.kill();
  servers.log.start({ [LOG]: 1 });
  await append('three');
  expect(seen()).toEqual(['one', 'three']);
  expect(losses).toBe(1);
});
