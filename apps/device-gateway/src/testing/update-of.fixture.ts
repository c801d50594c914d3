import { deviceStream, updateStream } from '@edgeflow/contracts';
import { isOfDevice, unknownDevice, updateDecider, type DeviceUpdateState } from '@edgeflow/device-update';
import type { TestDevice, World } from './world.fixture.js';

/** What the decisions about the device make of its streams. */
export async function updateOf(world: World, device: TestDevice): Promise<DeviceUpdateState['update']> {
  const events = [...(await world.log.read(deviceStream(device))), ...(await world.log.read(updateStream(device)))];
  const inOrder = events.toSorted((a, b) => a.position - b.position).filter(isOfDevice);
  return inOrder.reduce(updateDecider.evolve, unknownDevice).update;
}
