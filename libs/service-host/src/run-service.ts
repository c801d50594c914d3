import { failWith } from '@edgeflow/telemetry';

/**
 * The `main` of a service: starts it, and ends the process with a readable reason when that fails (exit code 78 for the
 * configuration, else 1) or when an error escapes later.
 */
export async function runService(start: () => Promise<unknown>): Promise<void> {
  process.on('uncaughtException', (error) => failWith(error, 'an error escaped'));
  try {
    await start();
  } catch (error) {
    failWith(error, 'the service did not start');
  }
}
