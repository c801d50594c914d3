import { Locked, startS3, type RunningS3, type S3Options } from '@edgeflow/embedded';
import { systemClock } from '@edgeflow/runtime';

const RETRY_MS = 250;
const MAX_TRIES = 40;

/** The embedded S3 endpoint as a process of its own: a large transfer never waits for the supervisor, nor the other way round. */
const { S3_DIR, S3_PORT, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = process.env;
if (!S3_DIR || !S3_ACCESS_KEY_ID || !S3_SECRET_ACCESS_KEY) throw new Error('the S3 endpoint is started by standalone');

const server = await startWhenFree({
  dir: S3_DIR,
  port: Number(S3_PORT),
  region: S3_REGION,
  access_key_id: S3_ACCESS_KEY_ID,
  secret_access_key: S3_SECRET_ACCESS_KEY,
});
process.send?.('serving');

/** The endpoint of a standalone that was killed finishes its requests before it lets go of the folder. */
async function startWhenFree(options: S3Options): Promise<RunningS3> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await startS3(options);
    } catch (error) {
      if (!(error instanceof Locked) || tries === MAX_TRIES) throw error;
      await systemClock.sleep(RETRY_MS);
    }
  }
}

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  void server.stop().then(() => process.exit(0));
}
process.once('SIGTERM', stop);
process.once('disconnect', stop);
