import { onMemory } from './on-memory.fixture.js';

/* As memory.int.spec.ts, for what is written. */
onMemory({
  append: () => import('../append/append.int.spec.js'),
  unmoved: () => import('../append/unmoved.int.spec.js'),
  lease: () => import('../append/lease.int.spec.js'),
  room: () => import('../append/room.int.spec.js'),
  outage: () => import('../append/outage.int.spec.js'),
  halts: () => import('../append/halts.int.spec.js'),
  handle: () => import('../handle/handle.int.spec.js'),
  'gateway leases': () => import('../gateway-leases/gateway-leases.int.spec.js'),
});
