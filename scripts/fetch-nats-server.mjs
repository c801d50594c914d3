// Makes sure that a nats-server that meets our floor (libs/contracts/src/nats-floor.ts) is at hand and prints where: for CI and images, before anything needs it.
// Needs a build: `npm run build && node scripts/fetch-nats-server.mjs`.
import { findNatsServer } from '../libs/embedded/dist/index.js';

try {
  console.log(await findNatsServer());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
