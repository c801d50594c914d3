import { describe } from 'vitest';
import { testedServer } from '../nats.fixture.js';

/** Has specs that are asked of nats-server asked of the model as well. @param specs by their names, each loaded when its turn comes */
export function onMemory(specs: Readonly<Record<string, () => Promise<unknown>>>): void {
  testedServer.kind = 'memory';
  for (const [name, load] of Object.entries(specs)) describe(name, async () => void (await load()));
}
