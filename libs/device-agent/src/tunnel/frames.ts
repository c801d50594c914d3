import { assertShape, cloudFrames, type CloudFrame } from '@edgeflow/contracts';

/**
 * A cloud's text frame. Unknown types are told apart by their name, not refused: a newer cloud may say more (docs/device-protocol.md,
 * "Frames").
 * @throws when it is no JSON object, or a known type with missing or wrong fields
 */
export function readCloudFrame(text: string): CloudFrame | { unknown: string } {
  const value: unknown = JSON.parse(text);
  const { type: name } = Object(value) as { type?: unknown };
  if (typeof name !== 'string') throw new Error('a frame must be an object with a type');
  if (!Object.hasOwn(cloudFrames, name)) return { unknown: name };
  const frameClass: new () => CloudFrame = cloudFrames[name as CloudFrame['type']];
  assertShape(frameClass, value, 'invalid-request');
  return value;
}
