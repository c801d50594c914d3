import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const floor = fileURLToPath(new URL('../../../libs/contracts/src/node-floor.ts', import.meta.url));

/** Runs the program's first import in a Node that calls itself another one. */
function startedOn(version: string) {
  const script = `
    Object.defineProperty(process.versions, 'node', { value: '${version}' });
    const { AGENT_NODE_FLOOR, requireNode } = await import(${JSON.stringify(floor)});
    requireNode(AGENT_NODE_FLOOR, 'do this', 78);
    console.log('runs');`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the agent', () => {
  it('ends with one line where it could not start itself anew', () => {
    const { status, stdout, stderr } = startedOn('20.20.2');
    expect([status, stdout]).toEqual([78, '']);
    expect(stderr).toBe('error Node 22.15 or 23.11 or newer is needed, this is 20.20.2: do this\n');
  });

  it('runs where it can', () => {
    expect(startedOn(process.versions.node)).toMatchObject({ status: 0, stdout: 'runs\n' });
  });
});
