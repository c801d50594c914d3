import { readFileSync } from 'node:fs';
import { satisfies, subset } from 'semver';
import { describe, expect, it } from 'vitest';
import { AGENT_NODE_FLOOR, NODE_FLOOR, nodeProblem, type NodeFloor } from './node-floor.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

interface Installed {
  engines?: { node?: string };
  optional?: boolean;
}

describe('a version of Node', () => {
  it.each([
    [AGENT_NODE_FLOOR, '20.20.2', false],
    [AGENT_NODE_FLOOR, '22.14.0', false],
    [AGENT_NODE_FLOOR, '22.15.0', true],
    [AGENT_NODE_FLOOR, '23.10.0', false],
    [AGENT_NODE_FLOOR, '23.11.1', true],
    [AGENT_NODE_FLOOR, '24.0.0', true],
    [NODE_FLOOR, '22.22.0', false],
    [NODE_FLOOR, '24.10.0', false],
    [NODE_FLOOR, '24.11.0', true],
    [NODE_FLOOR, '26.0.0', true],
  ] satisfies [NodeFloor, string, boolean][])('of %j will do, or not: %s', (floor, version, will) => {
    expect(nodeProblem(version, floor) === undefined).toBe(will);
  });

  it('that will not do is told with what is needed', () => {
    expect(nodeProblem('20.20.2', AGENT_NODE_FLOOR)).toBe('Node 22.15 or 23.11 or newer is needed, this is 20.20.2');
  });
});

describe('the engines that package.json names', () => {
  const { engines } = read('package.json') as { engines: { node: string } };

  it('are what the programs ask for', () => {
    for (const version of ['20.20.2', '22.22.0', '24.10.0', '24.11.0', '24.21.0', '26.1.0'])
      expect([version, satisfies(version, engines.node)]).toEqual([version, !nodeProblem(version, NODE_FLOOR)]);
    const agent = (read('apps/device-agent/package.json') as { engines: { node: string } }).engines.node;
    for (const version of ['20.20.2', '22.14.0', '22.15.0', '23.10.0', '23.11.0', '24.0.0'])
      expect([version, satisfies(version, agent)]).toEqual([version, !nodeProblem(version, AGENT_NODE_FLOOR)]);
  });

  it('are no looser than what is installed asks for, so that npm warns of nothing on them', () => {
    const { packages } = read('package-lock.json') as { packages: Record<string, Installed> };
    const tighter = Object.entries(packages).filter(
      ([, { engines: its }]) => its?.node !== undefined && !subset(engines.node, its.node, { loose: true }),
    );
    expect(tighter.map(([path]) => path)).toEqual([]);
  });
});
