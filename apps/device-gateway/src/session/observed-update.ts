import type { StoredEvent } from '@edgeflow/contracts';
import type { DeviceHello } from './device-frame.js';
import { newestOf } from './progress-coalescer.js';
import type { Dispatch, Effect, EffectOf, Joined, OfferState } from './session.state.js';

/** The events that end an update (docs/events.md). */
type EndOfUpdate = StoredEvent<'UpdateCompleted' | 'UpdateFailed' | 'UpdateCancelled'>;

/** What the work becomes, and what that asks for. */
export interface OfferStep {
  offer: OfferState;
  effects: readonly Effect[];
}

/** The work after events of the update stream, in any order. Of several starts only the last one is acted on. */
export function observeAll(
  start: OfferState,
  events: readonly StoredEvent[],
  hello: DeviceHello,
  joined: Joined,
): OfferStep {
  let offer = start;
  let effects: readonly Effect[] = [];
  for (const event of events.toSorted((a, b) => a.position - b.position)) {
    const next = observe(offer, event, hello, joined);
    if (next.offer === offer) continue;
    offer = next.offer;
    effects = [...effects.filter(({ type }) => type === 'send'), ...next.effects];
  }
  return { offer, effects };
}

/**
 * The work after one event. What was seen before changes nothing: only a position beyond the last one counts. A stream has at most
 * one open update (docs/architecture.md, "The log"), so any end that is newer than the dispatch ends it, and nothing else does.
 */
function observe(offer: OfferState, event: StoredEvent, hello: DeviceHello, joined: Joined): OfferStep {
  if (event.position <= seenOf(offer)) return { offer, effects: [] };
  switch (event.type) {
    case 'UpdateDispatched':
      return again(offer, event) ?? withBoot(begin(event, hello, joined, sentIn(offer, event)), event, hello, joined);
    case 'UpdatePostponed':
      return { offer: putOff(offer, event), effects: [] };
    case 'UpdateCompleted':
    case 'UpdateFailed':
    case 'UpdateCancelled':
      return { offer: { status: 'idle', seen: event.position }, effects: withdraw(offer, event) };
    default:
      return { offer, effects: [] };
  }
}

/** An update that was put off is dispatched again, to a device that works on it already, or is done with it: nothing is to be said. */
function again(offer: OfferState, dispatch: Dispatch): OfferStep | undefined {
  if (!isSame(offer, dispatch)) return undefined;
  const told = offer.status === 'offered' ? offer : undefined;
  const works = (told && newestOf(told.progress)) !== undefined || told?.begins !== undefined;
  if (!works && offer.status !== 'settled') return undefined;
  // The link that it waits for is made for this dispatch: of an older one nothing is sent any more.
  return { offer: { ...offer, dispatch }, effects: told?.renewing ? [{ type: 'prepare', dispatch, for: 'url' }] : [] };
}

/** True for a device that was told of this very update before it put it off. */
function sentIn(offer: OfferState, dispatch: Dispatch): boolean {
  return isSame(offer, dispatch) && offer.sent;
}

function isSame(offer: OfferState, { data }: Dispatch): offer is Exclude<OfferState, { status: 'idle' }> {
  return offer.status !== 'idle' && offer.dispatch.data.update_id === data.update_id;
}

/** It was decided that an update is put off. The device may have begun with it meanwhile, and the log may say so later. */
function putOff(offer: OfferState, { data }: StoredEvent<'UpdatePostponed'>): OfferState {
  if (offer.status !== 'preparing' || offer.dispatch.data.update_id !== data.update_id) return offer;
  return { status: 'postponed', dispatch: offer.dispatch, sent: true, progress: offer.progress };
}

/**
 * Whether a device has rebooted during an update is seen by its boot, which the dispatch names. One that was decided on before the
 * device's newest boot was known names another: then the boot is said again, and stays in the log with the update, of which nobody told it in the one before.
 */
function withBoot(start: OfferStep, dispatch: Dispatch, hello: DeviceHello, joined: Joined): OfferStep {
  const { from_boot_id } = dispatch.data;
  const { boot_id } = hello;
  const isKnown = from_boot_id === undefined || boot_id === undefined || from_boot_id === boot_id;
  const isSaid = joined.version_at > dispatch.position;
  if (start.offer.status !== 'preparing' || isKnown || isSaid) return start;
  return { offer: start.offer, effects: [{ ...reportOf(dispatch, hello, false), untold: true }, ...start.effects] };
}

function reportOf(dispatch: Dispatch, hello: DeviceHello, proves: boolean): EffectOf<'report-version'> {
  return { type: 'report-version', hello, dispatch, lasting: true, proves };
}

/** Starts on an update: prepares the offer, unless the log holds its outcome. A version that was said before the dispatch is said again, as its proof. */
export function begin(dispatch: Dispatch, hello: DeviceHello, joined: Joined, sent = false): OfferStep {
  const { update_id } = dispatch.data;
  const proven = joined.proofs.find((proof) => proof.update_id === update_id && proof.position > dispatch.position);
  if (proven) return { offer: { status: 'settled', dispatch, sent: sent || proven.taken_back === true }, effects: [] };
  if (isOnTarget(dispatch, hello) || isDone(dispatch, hello)) {
    const again = joined.version_at < dispatch.position ? [reportOf(dispatch, hello, true)] : [];
    return { offer: { status: 'settled', dispatch, sent }, effects: again };
  }
  const { postponed } = joined;
  if (postponed?.update_id === update_id && postponed.position > dispatch.position) {
    return { offer: { status: 'postponed', dispatch, sent: true, progress: {} }, effects: [] };
  }
  return {
    offer: { status: 'preparing', dispatch, sent, progress: {} },
    effects: [{ type: 'prepare', dispatch, for: 'offer' }],
  };
}

/** True when the version alone proves success. Where the device ran it before (`force`), it proves nothing. */
export function isOnTarget({ data }: Dispatch, hello: DeviceHello): boolean {
  return hello.version === data.version && data.from_version !== data.version;
}

/** True when a device came up on what it was told to give up while it installed it. */
export function isOnAbandoned({ data }: Dispatch, hello: Pick<DeviceHello, 'version'>): boolean {
  return hello.version === data.abandoned_version && hello.version !== data.version;
}

/** True when a device without boots says that it is done with the update: what it runs then is how the update ended. */
export function isDone({ data }: Dispatch, { done_with }: Pick<DeviceHello, 'done_with'>): boolean {
  return done_with === data.update_id;
}

function seenOf(offer: OfferState): number {
  return offer.status === 'idle' ? offer.seen : offer.dispatch.position;
}

/**
 * What a device that comes back is told of what was taken back while it was away, or ran out of time: it may have the image, and go on by itself.
 * It may have heard of it, and nobody knows.
 * @param events the last of each kind
 */
export function withdrawnMeanwhile(events: readonly StoredEvent[]): Effect[] {
  const ends = events.filter(isEnd).toSorted((a, b) => b.position - a.position);
  const [last] = ends;
  if (!last || last.type === 'UpdateCompleted') return [];
  // It was the update of a device that had the id before.
  if (last.data.device_removed === true) return [];
  if (last.type === 'UpdateFailed' && last.data.code !== 'deadline-exceeded') return [];
  return [{ type: 'send', frame: { type: 'cancel', update_id: last.data.update_id } }];
}

function isEnd(event: StoredEvent): event is EndOfUpdate {
  return event.type === 'UpdateCompleted' || event.type === 'UpdateFailed' || event.type === 'UpdateCancelled';
}

/** A device that was told of the update and does not know its end is told to stop. */
function withdraw(offer: OfferState, { type, data }: EndOfUpdate): Effect[] {
  if (type === 'UpdateCompleted' || offer.status === 'idle' || !offer.sent) return [];
  const { update_id } = offer.dispatch.data;
  return update_id === data.update_id ? [{ type: 'send', frame: { type: 'cancel', update_id } }] : [];
}
