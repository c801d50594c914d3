import { describe } from 'vitest';
import { testedServer } from '../nats.fixture.js';

/* What the library's specs ask of nats-server they ask of the model as well. */
testedServer.kind = 'memory';

const SPECS = {
  append: () => import('../append/append.int.spec.js'),
  'server rules': () => import('../connection/server-rules.int.spec.js'),
  'server consumers': () => import('../connection/server-consumers.int.spec.js'),
  'shared log': () => import('../shared-log.int.spec.js'),
  unmoved: () => import('../append/unmoved.int.spec.js'),
  lease: () => import('../append/lease.int.spec.js'),
  room: () => import('../append/room.int.spec.js'),
  outage: () => import('../append/outage.int.spec.js'),
  halts: () => import('../append/halts.int.spec.js'),
  handle: () => import('../handle/handle.int.spec.js'),
  follow: () => import('../follow/follow.int.spec.js'),
  live: () => import('../read/live.int.spec.js'),
  scan: () => import('../read/scan.int.spec.js'),
  subscribe: () => import('../read/subscribe.int.spec.js'),
  tail: () => import('../read/tail.int.spec.js'),
  'gateway leases': () => import('../gateway-leases/gateway-leases.int.spec.js'),
  'all inboxes': () => import('../inbox/all-inboxes.int.spec.js'),
};

for (const [name, load] of Object.entries(SPECS)) describe(name, async () => void (await load()));
