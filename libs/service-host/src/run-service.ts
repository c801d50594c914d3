import { NODE_FLOOR, nodeProblem } from '@edgeflow/contracts/node-floor';
import { failWith } from '@edgeflow/telemetry';

/**
 * The `main` of a service: starts it, and ends the process with a readable reason when that fails (exit code 78 for the
 * configuration, else 1), on a Node that is too old, or when an error escapes later.
 */
export async function runService(start: () => Promise<unknown>): Promise<void> {
  process.on('uncaughtException', (error) => failWith(error, 'an error escaped'));
  const problem = nodeProblem(process.versions.node, NODE_FLOOR);
  try {
    if (problem !== undefined) throw new Error(`${problem}: npm ci brings one, node_modules/.bin/node`);
    await start();
  } catch (error) {
    failWith(error, 'the service did not start');
  }
}
