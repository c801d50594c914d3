import { Refused, given, type ErrorCode } from '@edgeflow/contracts';
import { checkFit } from './checks.js';
import type { DecisionContext } from './decision-context.js';
import { firmwareFor } from './firmware-catalog.js';
import type { Known } from './device-update.state.js';
import { goodWith, waysBack } from './good.js';

/** What a look at the way back looks up. */
export type LookedUp = Pick<DecisionContext, 'firmwareOf' | 'rollbacks_below'>;

/**
 * Where a device goes back to: the last version that it held and may be given, or the last that it held where it may be given none. Undefined when the log knows
 * none.
 * @param leaves what it is not to go back to: the version of a rollout that is rolled back
 */
export function wayBack(device: Known, context: LookedUp, leaves?: string): string | undefined {
  const ways = waysBack(device, leaves);
  const fits = (version: string) => !(checkFit(device, { version, rollback: true }, context) instanceof Refused);
  return ways.find(fits) ?? ways[0];
}

/** Where a device may go back to once it runs a version, the newest first. */
export function versionsBehind(device: Known, version: string): string[] {
  return waysBack(moved(device, version, []));
}

/**
 * Why a device that a rollout moves to a version could not be brought back from it, as things stand: what its rollback would then find
 * (`wayBack`, and the checks of its order). Undefined when it could be, and for a device that runs the version already, of its own: nothing moves it.
 * @param isMoved true for one that the rollout has moved to the version
 */
export function noWayBack(device: Known, version: string, context: LookedUp, isMoved = false): ErrorCode | undefined {
  const { running } = device;
  const runsIt = running.status === 'known' && running.version === version && !running.unconfirmed;
  if (runsIt && !isMoved) return undefined;
  const there = moved(device, version, context.firmwareOf(version));
  const back = wayBack(there, context);
  if (back === undefined) return 'no-good-version';
  const fit = checkFit(there, { version: back, rollback: true }, context);
  return fit instanceof Refused ? fit.code : undefined;
}

/** The device after it was moved: it runs the version, and has run its release counter. */
function moved(device: Known, version: string, images: ReturnType<LookedUp['firmwareOf']>): Known {
  const { registration, good, left = [] } = device;
  const model = registration.status === 'unknown' ? '' : (registration.model ?? '');
  const counter = firmwareFor(images, model)?.release_counter;
  const highest = counter === undefined ? device.highest_counter : Math.max(device.highest_counter ?? 0, counter);
  const running = { status: 'known', version, model } as const;
  return {
    ...{ registration, running, good: goodWith(good, version) },
    left: left.filter((one) => one.version !== version),
    ...given({ highest_counter: highest }),
  };
}
