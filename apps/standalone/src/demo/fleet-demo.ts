import { join } from 'node:path';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { DEVICE } from './agent.js';
import { startFleet } from './fleet.js';
import { makeImage, type Image } from './image.js';
import type { FleetWish } from './options.js';
import { RolloutEnd } from './rollout-end.js';
import { RolloutStory } from './rollout-story.js';
import { inRows } from './rows.js';
import { Session } from './session.js';
import { NEW_VERSION } from './update.js';

/** What the devices come with: a rollback needs it in the store. */
const FACTORY_IMAGE_BYTES = 64 * 1024;

/** What to roll out, and to whom. */
export interface FleetJob {
  wish: FleetWish;
  image: Image;
}

/**
 * Rolls an image out over a simulated fleet, shows how that goes, and looks whether every device is where it must be: on the new version,
 * or, of a bad image, back on the old one.
 * @throws Error of one line when it does not get there
 */
export async function fleetDemo(at: Endpoints, job: FleetJob, console: Console, signal: AbortSignal): Promise<void> {
  const session = await Session.open(at, signal);
  const story = new RolloutStory(session, job.wish, console);
  await story.upload(await makeImage(join(at.home, 'factory.bin'), FACTORY_IMAGE_BYTES), DEVICE.version);
  await story.upload(job.image, NEW_VERSION);
  const fleet = await startFleet(at, job.wish, console);
  try {
    const lost = fleet.gaveUp.then((error) => Promise.reject(error));
    await Promise.race([tell(story, session, job.wish, console), lost]);
  } finally {
    await fleet.stop();
  }
}

async function tell(story: RolloutStory, session: Session, { bad }: FleetWish, console: Console): Promise<void> {
  await story.fleetIsThere();
  await story.dryRun();
  const { rollout, seconds } = await story.follow();
  console.say('the rollout:');
  console.raw(inRows(rollout));
  const end = new RolloutEnd(session, rollout, console);
  if (bad || rollout.failed > 0) await end.explain();
  console.say(`it took ${seconds} s`);
  await end.check(bad);
}
