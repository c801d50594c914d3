/** The machine that a run was made on. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

const saidBy = (command, args) => {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
};

/** Its cores, memory in bytes, kernel, Node, the commit that was measured, and how busy it was before (load average of a minute). */
export const machine = () => ({
  cpus: cpus().length,
  model: cpus()[0]?.model,
  memory: totalmem(),
  linux: release(),
  node: process.version,
  commit: saidBy('git', ['describe', '--always', '--dirty', '--abbrev=10']),
  load: loadavg()[0],
});
