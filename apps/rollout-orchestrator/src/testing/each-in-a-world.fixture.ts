import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { Fleet } from './fleet.fixture.js';
import { World } from './world.fixture.js';

/** What a test finds. */
interface Its {
  world: World;
  fleet: Fleet;
}

/**
 * Has each test of a file begin in a world of its own, with firmware of some versions and a fleet that nobody has joined. No fleet may have
 * heard what it does not expect.
 * @param take told of them before each test
 */
export function eachInAWorld(versions: readonly string[], take: (its: Its) => void): void {
  let world: World;
  let fleet: Fleet;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    await world.begin();
    fleet = new Fleet(world);
    take({ world, fleet });
    for (const version of versions) await world.firmware(version);
  });
  afterEach(async () => {
    fleet.stop();
    expect(fleet.errors).toEqual([]);
    await world.end();
  });
}
