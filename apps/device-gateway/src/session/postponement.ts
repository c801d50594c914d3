import { POSTPONED_IN_ALL_MAX_S, given, isInstalling, type FrameError, type Postpone } from '@edgeflow/contracts';
import { newestOf } from './progress-coalescer.js';
import type { OfferStep } from './observed-update.js';
import type { Effect, OfferState } from './session.state.js';

/** An update that its device may still say something about. */
export type OpenOffer = Extract<OfferState, { status: 'preparing' | 'offered' | 'postponed' }>;

/**
 * Somebody at the device wants the update later: it is not offered again before its next dispatch, and the device may begin all the same.
 * Not once it installs, and no longer than the limit in all.
 * @param installing the update that the device was known to install when it joined
 */
export function postpone(offer: OpenOffer, said: Postpone, installing: string | undefined): OfferStep {
  const { dispatch, progress } = offer;
  const { update_id } = said;
  const phase = newestOf(progress)?.phase;
  if (installing === update_id || (phase !== undefined && isInstalling(phase))) {
    return { offer, effects: [notTaken('update-installing', `${update_id} is being installed; it is not put off`)] };
  }
  const left_s = POSTPONED_IN_ALL_MAX_S - (dispatch.data.postponed_s ?? 0);
  if (left_s <= 0) {
    const days = POSTPONED_IN_ALL_MAX_S / 86_400;
    return { offer, effects: [notTaken('postponed-too-long', `${update_id} was put off for ${days} days in all`)] };
  }
  const for_s = Math.min(said.for_s, left_s);
  return {
    offer: { status: 'postponed', dispatch, sent: offer.sent, progress },
    effects: [{ type: 'report-postponed', dispatch, for_s, ...given({ reason: said.reason }) }],
  };
}

function notTaken(code: FrameError, detail: string): Effect {
  return { type: 'send', frame: { type: 'error', code, detail } };
}

/** The device works on an update that it had put off: it was told of it. What it says next is written, also where it said the same before that. */
export function begun(offer: OpenOffer): OpenOffer {
  if (offer.status !== 'postponed') return offer;
  return { status: 'offered', dispatch: offer.dispatch, sent: true, progress: {}, renewing: false };
}
