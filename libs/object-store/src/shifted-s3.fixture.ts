import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestS3 } from '@edgeflow/testkit';

/** Node dates its answers by a clock that cannot be shifted from within. */
const PROGRAM = `
  import { ServerResponse } from 'node:http';
  import { shiftClock, startTestS3 } from '@edgeflow/testkit';
  shiftClock(Number(process.argv[1]));
  const { writeHead } = ServerResponse.prototype;
  ServerResponse.prototype.writeHead = function (...said) {
    this.setHeader('date', new Date().toUTCString());
    return writeHead.apply(this, said);
  };
  const s3 = await startTestS3();
  process.send(s3);
  process.on('disconnect', () => void s3.stop());
`;

/** An S3 server on a machine whose clock is so many milliseconds ahead of this one's: a process of its own. */
export async function startShiftedS3(ahead_ms: number): Promise<TestS3> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, '--', String(ahead_ms)], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const died = once(child, 'exit').then(() => Promise.reject(new Error('the shifted S3 server ended at its start')));
  const [s3] = (await Promise.race([once(child, 'message'), died])) as [TestS3];
  died.catch(() => undefined); // Later it is stopped.
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  };
  return { ...s3, stop };
}
