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

/** A world whose seeds have these settings in place of those that they draw. What it has for methods are functions of their own here. */
export function withSettings(world: World, settings: Settings): World {
  return {
    draw: (seed) => {
      const drawn = world.draw(seed);
      return { ...drawn, settings: { ...drawn.settings, ...settings } };
    },
    run: (scenario, how) => world.run(scenario, how),
    least: world.least,
  };
}
