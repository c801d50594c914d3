import '@edgeflow/contracts/node-version';
import { simulate } from '@edgeflow/simulation';
import { configureLogger } from '@edgeflow/telemetry';
import { systemClock } from '@edgeflow/runtime';
import { join } from 'node:path';
import { simulatedWorld } from './world/simulated-world.js';

// What services say to their operators would be said a thousand times a minute.
configureLogger({ service: 'world', level: 'silent' });

process.exitCode = await simulate(process.argv.slice(2), {
  world: simulatedWorld,
  clock: systemClock,
  print: (line) => void process.stdout.write(`${line}\n`),
  command: 'npm run simulate:world --',
  kept: join(import.meta.dirname, '../kept'),
});
