/**
 * Runs npm scripts two at a time, since most programs use one core: side-by-side.mjs <script>... What each of them says is printed whole when it has
 * ended. Exit code 1: one failed; all of them run in any case.
 */
import { spawn } from 'node:child_process';

const AT_ONCE = 2;
const rest = process.argv.slice(2);
let failed = false;

function run(script) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '-s', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => said.push(data));
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      console.log(`${code === 0 ? 'passed' : 'FAILED'}: npm run ${script}`);
      failed ||= code !== 0;
      resolve();
    });
  });
}

async function work() {
  for (let script = rest.shift(); script; script = rest.shift()) await run(script);
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
process.exitCode = failed ? 1 : 0;
