import { onMemory } from './on-memory.fixture.js';

/* What the library's specs ask of nats-server they ask of the model as well; writing has a file of its own, since each of the two takes a while. */
onMemory({
  'server rules': () => import('../connection/server-rules.int.spec.js'),
  'server consumers': () => import('../connection/server-consumers.int.spec.js'),
  'shared log': () => import('../shared-log.int.spec.js'),
  follow: () => import('../follow/follow.int.spec.js'),
  live: () => import('../read/live.int.spec.js'),
  scan: () => import('../read/scan.int.spec.js'),
  subscribe: () => import('../read/subscribe.int.spec.js'),
  tail: () => import('../read/tail.int.spec.js'),
  'all inboxes': () => import('../inbox/all-inboxes.int.spec.js'),
});
