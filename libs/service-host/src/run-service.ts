import { logger } from '@edgeflow/telemetry';
import { ConfigError } from './config.js';

/** `EX_CONFIG` of sysexits.h: something is wrong with the configuration; restarting does not help. */
const EXIT_CONFIG = 78;

function fail(error: unknown, message: string): never {
  if (error instanceof ConfigError) {
    for (const line of error.lines) logger.fatal(line);
    process.exit(EXIT_CONFIG);
  }
  logger.fatal({ err: error }, message);
  process.exit(1);
}

/**
 * The `main` of a service: starts it, and ends the process with a readable reason when that fails (exit code 78 for the
 * configuration, else 1) or when an error escapes later.
 */
export async function runService(start: () => Promise<unknown>): Promise<void> {
  process.on('uncaughtException', (error) => fail(error, 'an error escaped'));
  try {
    await start();
  } catch (error) {
    fail(error, 'the service did not start');
  }
}
