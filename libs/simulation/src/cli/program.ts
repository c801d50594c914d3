import type { Clock } from '@edgeflow/runtime';
import type { Settings, World } from '../scenario.js';

/** What a program that simulates hands in. */
export interface Program {
  world: World;
  /** The machine's. */
  clock: Clock;
  print: (line: string) => void;
  /** How people start it, for what is printed: `npm run simulate:world --`. */
  command: string;
  /** Where scenarios are kept. */
  kept: string;
}

/** What of these settings a world does not have, in words; undefined where it can be played with them. */
export function settingsProblem(world: World, settings: Settings): string | undefined {
  const drawn = world.draw(0).settings;
  for (const [name, value] of Object.entries(settings)) {
    const least = world.least?.[name] ?? 1;
    const was = drawn[name];
    if (was === undefined) return `--set ${name}: there are ${Object.keys(drawn).join(', ')}`;
    if (typeof was !== typeof value) return `--set ${name}=${value}: a ${typeof was}`;
    if (typeof value === 'number' && !(Number.isInteger(value) && value >= least))
      return `--set ${name}=${value}: an integer from ${least} on`;
  }
  return undefined;
}

/** A world whose seeds have these settings in place of those that they draw. What it has for methods are functions of their own here. */
export function withSettings(world: World, settings: Settings): World {
  return {
    draw: (seed) => {
      const drawn = world.draw(seed);
      return { ...drawn, settings: { ...drawn.settings, ...settings } };
    },
    run: (scenario, how) => world.run(scenario, how),
    written: (scenario) => world.written?.(scenario) ?? scenario,
    least: world.least,
  };
}
