import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { activeImage, startAgent, type Agent } from './agent.js';
import { imageIn, type Image } from './image.js';
import { Session } from './session.js';
import { UpdateStory, type DeviceRecord } from './update.js';

/** Brings an image onto one device that runs the reference agent. @throws Error of one line when it does not get there */
export async function deviceDemo(
  at: Endpoints,
  image: Image,
  console: Console,
  signal: AbortSignal,
): Promise<DeviceRecord> {
  const agent = await startAgent(at, console);
  try {
    const story = new UpdateStory(await Session.open(at, signal), console);
    await story.deviceIsThere();
    await story.upload(image);
    await story.startUpdate();
    const record = await story.follow();
    await check(agent, image, console);
    return record;
  } finally {
    await agent.stop();
  }
}

/** The record says that the device runs the image; its slot must say so too. @throws Error when it does not */
async function check({ dir }: Agent, image: Image, console: Console): Promise<void> {
  const { slot, file } = await activeImage(dir);
  const { sha256 } = await imageIn(file);
  if (sha256 !== image.sha256) throw new Error(`slot ${slot} holds ${sha256}, not ${image.sha256}`);
  console.ready(`slot ${slot} is active`, `sha256 ${sha256}`);
}
