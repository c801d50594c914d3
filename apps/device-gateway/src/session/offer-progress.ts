import { flushDueAt, pendingWritten, type Coalesced } from './progress-coalescer.js';
import type { OpenOffer } from './postponement.js';
import type { Effect, OfferState, OpenSession, Step } from './session.state.js';

/** True for an update that its device may still say something about. */
export function isOpenOffer(offer: OfferState): offer is OpenOffer {
  return offer.status === 'preparing' || offer.status === 'offered' || offer.status === 'postponed';
}

/** The session after a step of its coalescer, with what is to be written now and when to ask again. */
export function coalesced(state: OpenSession, offer: OpenOffer, { coalescing, emit }: Coalesced): Step<OpenSession> {
  const { dispatch } = offer;
  const due = flushDueAt(coalescing);
  const effects: Effect[] = [];
  if (emit) effects.push({ type: 'report-progress', dispatch, point: emit });
  if (due !== undefined && due !== flushDueAt(offer.progress)) effects.push({ type: 'flush-at', at: due });
  return { state: { ...state, offer: { ...offer, progress: coalescing } }, effects };
}

/** What waits is written before what the device says at `at` (milliseconds): that may hang on it. */
export function afterPending(state: OpenSession, at: number, next: (state: OpenSession) => Step): Step {
  const { offer } = state;
  if (!isOpenOffer(offer)) return next(state);
  const written = coalesced(state, offer, pendingWritten(offer.progress, at));
  const { state: after, effects } = next(written.state);
  return { state: after, effects: [...written.effects, ...effects] };
}

/** What waits of an offer about which nothing more will be said. */
export function lastProgress({ dispatch, progress: { pending } }: OpenOffer): Effect[] {
  if (!pending) return [];
  const { phase, progress } = pending;
  return [{ type: 'report-progress', dispatch, point: { phase, progress } }];
}
