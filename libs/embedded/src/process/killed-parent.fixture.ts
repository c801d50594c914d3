import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process that was killed with SIGKILL has started and left behind. */
export interface Leftover {
  pid: number;
  port: number;
}

const LIBRARY = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** Starts a server in a process of its own, from the built library, and has that process killed without warning. */
export function killedParent(
  starter: 'startNatsServer' | 'startPostgres',
  options: { dir: string },
): Promise<Leftover> {
  const script = `
    import { ${starter} } from ${JSON.stringify(LIBRARY)};
    const { pid, port } = await ${starter}(${JSON.stringify(options)});
    process.stdout.write(JSON.stringify({ pid, port }), () => process.kill(process.pid, 'SIGKILL'));`;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '-e', script], (error, stdout, stderr) => {
      if (error?.signal === 'SIGKILL') resolve(JSON.parse(stdout) as Leftover);
      else reject(error ?? new Error(stderr));
    });
  });
}
