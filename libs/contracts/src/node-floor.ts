/** The oldest release of a line of Node that will do; lines after the last one will do as well. */
export type NodeFloor = readonly (readonly [major: number, minor: number])[];

/** What all of this runs on (`engines` of package.json; typeorm's is the highest). The lock file brings a newer one. */
export const NODE_FLOOR: NodeFloor = [[24, 11]];
/** What the device's agent runs on: it starts itself anew by `process.execve`, which older ones do not have. */
export const AGENT_NODE_FLOOR: NodeFloor = [
  [22, 15],
  [23, 11],
];

/**
 * What is wrong with a version of Node; undefined when it will do. Pure.
 * @param version as in `process.versions.node`
 */
export function nodeProblem(version: string, floor: NodeFloor): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const newest = Math.max(...floor.map(([line]) => line));
  const ofLine = floor.find(([line]) => line === major);
  if (ofLine ? minor >= ofLine[1] : major > newest) return undefined;
  const needed = floor.map(([line, least]) => `${line}.${least}`).join(' or ');
  return `Node ${needed} or newer is needed, this is ${version}`;
}

/**
 * Ends the program with one line on an older Node, which would fail later, in places that do not say why. To be called by what is imported
 * first.
 * @param advice what to do about it
 */
export function requireNode(floor: NodeFloor, advice: string, exit_code = 1): void {
  const problem = nodeProblem(process.versions.node, floor);
  if (problem === undefined) return;
  process.stderr.write(`error ${problem}: ${advice}\n`);
  process.exit(exit_code);
}
