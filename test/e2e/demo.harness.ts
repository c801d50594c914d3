import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TemporaryFolder } from '@edgeflow/testkit';

const PROGRAM = fileURLToPath(new URL('../../apps/standalone/dist/main.js', import.meta.url));

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the real `demo` without a terminal. @param folder where it works: a home that is kept goes with it */
export function runDemo(folder: TemporaryFolder, ...args: string[]): Promise<Ended> {
  // Under CI the console would be coloured without a terminal.
  const options = { cwd: folder.path, env: { ...process.env, NO_COLOR: '1', TMPDIR: folder.path } };
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, 'demo', ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
