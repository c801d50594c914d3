import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { freePort } from './ports.js';

const LIBRARY = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
/** So many that some of ours would be among them, if chance alone decided. */
const THEIRS = 2_000;
const OURS = 100;

/** Another process is given ports, on which it does not listen yet. */
async function anotherProcess(): Promise<{ ports: number[]; stop: () => void }> {
  const script = `
    import { freePort } from ${JSON.stringify(LIBRARY)};
    const ports = [];
    while (ports.length < ${THEIRS}) ports.push(await freePort());
    console.log(JSON.stringify(ports));
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8');
  while (!text.endsWith('\n')) text += String(await once(child.stdout, 'data'));
  return { ports: JSON.parse(text) as number[], stop: () => child.stdin.end() };
}

describe('a free port', () => {
  it('is given to one process, although nobody listens there yet', async () => {
    const { ports, stop } = await anotherProcess();
    try {
      const ours = [];
      while (ours.length < OURS) ours.push(await freePort());
      expect(new Set([...ports, ...ours]).size).toBe(THEIRS + OURS);
    } finally {
      stop();
    }
  });
});
