import {
  isInstalling,
  isTakenBack,
  type Failure,
  type Postpone,
  type UpdateOffer,
  type UrlRequest,
} from '@edgeflow/contracts';
import { badFrame, modelMismatch, type Ending } from './ending.js';
import { flushProgress, newestOf, takeProgress, writtenAtOnce } from './progress-coalescer.js';
import {
  isConfirmed,
  type DeviceHello,
  type Remark,
  type ReceivedHello,
  type ReceivedProgress,
} from './device-frame.js';
import { begin, isDone, isOnAbandoned, isOnTarget, observeAll } from './observed-update.js';
import { afterPending, coalesced, isOpenOffer, lastProgress } from './offer-progress.js';
import { begun, postpone, type OpenOffer } from './postponement.js';
import type { Dispatch, Effect, InputOf, OpenSession, Step, SessionInput, OfferState } from './session.state.js';

/** The next state of a session whose device may be told of updates. */
export function inOpen(state: OpenSession, input: SessionInput): Step {
  switch (input.type) {
    case 'frame':
      return onFrame(state, input);
    case 'ignored':
    case 'remark':
      return { state, effects: [remarkFrame(input.remark)] };
    case 'unknown-type':
      return { state, effects: [unknownType(input.name)] };
    case 'bad-frame':
      return end(state, badFrame(input.detail));
    case 'observed': {
      const { offer, effects } = observeAll(state.offer, input.events, state.hello, state.joined);
      return { state: { ...state, offer, untold: state.untold || isAnother(state.offer, offer) }, effects };
    }
    case 'prepared':
      return prepared(state, input);
    case 'unofferable':
      return unofferable(state, input);
    case 'flush-due':
      return isOpenOffer(state.offer)
        ? coalesced(state, state.offer, flushProgress(state.offer.progress, input.at))
        : stay(state);
    case 'end':
      return end(state, input.ending);
    default:
      return stay(state);
  }
}

/** Says that a type is not known; the session stays, since a newer device may know more than we do. */
export function unknownType(name: string): Effect {
  return { type: 'send', frame: { type: 'error', code: 'unknown-type', detail: `${name} is not known here` } };
}

/** Tells the device what was not right in a frame; the session stays, since a device that loses it begins its update again. */
export function remarkFrame({ code, detail }: Remark): Effect {
  return { type: 'send', frame: { type: 'error', code, detail: detail.slice(0, 1024) } };
}

/** The hello of a device that is registered as `model`; undefined when it says that it is another one. */
export function helloOf(model: string, said: ReceivedHello): DeviceHello | undefined {
  const isOther = said.model !== undefined && said.model.toLowerCase() !== model.toLowerCase();
  return isOther ? undefined : { ...said, model };
}

const stay = (state: OpenSession): Step<OpenSession> => ({ state, effects: [] });

function onFrame(state: OpenSession, { frame, at }: InputOf<'frame'>): Step {
  switch (frame.type) {
    case 'hello':
      return afterPending(state, at, (next) => onHello(next, frame));
    case 'progress':
      return onProgress(state, frame, at);
    case 'failed':
      return onFailed(state, frame);
    case 'postpone':
      return afterPending(state, at, (next) => onPostpone(next, frame));
    case 'url':
      return onUrl(state, frame, at);
  }
}

/** True where another update is open than before: of that the device was not told yet. */
function isAnother(before: OfferState, now: OfferState): boolean {
  return now.status !== 'idle' && !isOf(before, now.dispatch.data.update_id);
}

/** A further hello on the same session is a version report; an open update is offered again, unless the hello says how it ended. */
function onHello(before: OpenSession, said: ReceivedHello): Step {
  const hello = helloOf(before.hello.model, said);
  if (!hello) return end(before, modelMismatch(before.hello.model, said.model));
  const { state, effects } = hello.failed ? onFailed(before, hello.failed) : stay(before);
  const next = onVersion(state, hello);
  return { state: next.state, effects: [...effects, ...next.effects] };
}

function onVersion(state: OpenSession, hello: DeviceHello): Step<OpenSession> {
  const { offer } = state;
  const isOther = hello.version !== state.hello.version;
  const isBoot = hello.boot_id !== undefined && hello.boot_id !== state.hello.boot_id;
  const done = isOpenOffer(offer) && isDone(offer.dispatch, hello);
  const of = offer.status === 'idle' ? {} : { dispatch: offer.dispatch };
  // Whether it keeps the version is as good as another one.
  const isNews = isOther || isConfirmed(hello) !== isConfirmed(state.hello);
  const lasting = isNews || offer.status !== 'idle';
  // A first boot is none after another: nobody knows whether the device has rebooted (ADR-0009).
  const rebooted = isBoot && state.hello.boot_id !== undefined;
  const proves = isOpenOffer(offer) && provesEnd(offer, hello, { isOther, rebooted });
  const ends = proves || (isNews && offer.status === 'settled');
  const report: Effect[] =
    isNews || isBoot || done
      ? [{ type: 'report-version', hello, ...of, lasting, proves: ends, ...untoldIn(isBoot && state.untold) }]
      : [];
  // In another boot it was told of nothing yet.
  const next = { ...state, hello, untold: isBoot || state.untold };
  if (!isOpenOffer(offer)) return { state: next, effects: [...report, { type: 'check-updates' }] };
  if (proves) {
    return { state: { ...next, offer: { status: 'settled', dispatch: offer.dispatch, sent: false } }, effects: report };
  }
  // A hello is no reason to begin what somebody wants later.
  if (offer.status === 'postponed') return { state: next, effects: report };
  const again = begin(offer.dispatch, hello, state.joined, offer.sent);
  const resumed = again.offer.status === 'preparing' ? { ...again.offer, progress: offer.progress } : again.offer;
  return { state: { ...next, offer: resumed }, effects: [...report, ...again.effects] };
}

/**
 * True for a hello that ends the update: with the wanted version, or any after a reboot that followed the install; as does any change of version. What somebody wants
 * later ends by the wanted version alone: whatever else the device runs meanwhile, it is told again.
 */
function provesEnd(
  { status, dispatch, progress }: OpenOffer,
  hello: DeviceHello,
  { isOther, rebooted }: { isOther: boolean; rebooted: boolean },
): boolean {
  const isWanted = isOnTarget(dispatch, hello) && (isOther || rebooted);
  if (status === 'postponed') return isWanted;
  // What it was told to give up ends nothing but that.
  if (isDone(dispatch, hello) || (isOther && !isOnAbandoned(dispatch, hello))) return true;
  const phase = newestOf(progress)?.phase;
  return isWanted || (rebooted && phase !== undefined && isInstalling(phase));
}

function onProgress(state: OpenSession, { update_id, phase, progress }: ReceivedProgress, at: number): Step {
  const { offer } = state;
  if (!isOf(offer, update_id)) return unknownUpdate(state, update_id);
  if (!isOpenOffer(offer)) return stay(state);
  const point = { phase, progress: progress ?? newestOf(offer.progress)?.progress ?? 0 };
  const taken = begun(offer);
  // That it begins with what it had put off is waited for.
  const isLate = offer.status === 'postponed';
  return coalesced(state, taken, isLate ? writtenAtOnce(point, at) : takeProgress(taken.progress, point, at));
}

/** Reports are idempotent: of an update whose outcome is in the log nothing more is written. */
function onFailed(state: OpenSession, { update_id, code, message }: Failure): Step<OpenSession> {
  const { offer } = state;
  if (!isOf(offer, update_id)) return { state, effects: [updateUnknown(update_id)] };
  if (!isOpenOffer(offer)) return stay(state);
  return settled(state, offer, { sent: false, code, message, reported_by: 'device' });
}

function onPostpone(state: OpenSession, said: Postpone): Step {
  const { offer, joined } = state;
  if (!isOf(offer, said.update_id)) return unknownUpdate(state, said.update_id);
  if (!isOpenOffer(offer)) return { state, effects: [updateUnknown(said.update_id)] };
  const next = postpone(offer, said, joined.installing);
  return { state: { ...state, offer: next.offer }, effects: next.effects };
}

function onUrl(state: OpenSession, { update_id }: UrlRequest, at: number): Step {
  const { offer } = state;
  if (!isOf(offer, update_id)) return unknownUpdate(state, update_id);
  // A fresh URL is on its way with the offer.
  if (offer.status === 'preparing' || (offer.status === 'offered' && offer.renewing)) return stay(state);
  const taken = isOpenOffer(offer) ? begun(offer) : offer;
  if (taken.status !== 'offered') return { state, effects: [updateUnknown(update_id)] };
  // It begins with what it had put off, if that may still be had, and is not to be told of it again.
  const { phase = 'downloading', progress = 0 } = offer.status === 'postponed' ? (newestOf(offer.progress) ?? {}) : {};
  const begins = offer.status === 'postponed' ? { begins: { point: { phase, progress }, at } } : {};
  return {
    state: { ...state, offer: { ...taken, renewing: true, ...begins } },
    effects: [{ type: 'prepare', dispatch: offer.dispatch, for: 'url' }],
  };
}

function isOf(offer: OfferState, updateId: string): offer is Exclude<OfferState, { status: 'idle' }> {
  return offer.status !== 'idle' && offer.dispatch.data.update_id === updateId;
}

function updateUnknown(updateId: string): Effect {
  return { type: 'send', frame: { type: 'error', code: 'update-unknown', detail: `${updateId} is not open` } };
}

/** The device works on what has ended while it was away: it is told to stop. */
function unknownUpdate(state: OpenSession, update_id: string): Step {
  return { state, effects: [updateUnknown(update_id), { type: 'send', frame: { type: 'cancel', update_id } }] };
}

/** Only the work that the preparation was for may use it; it may have ended or begun anew since. */
function prepared(state: OpenSession, input: InputOf<'prepared'>): Step {
  const { offer } = state;
  const { url, url_expires_at, manifest, key_statements } = input;
  const shown = { ...(manifest && { manifest }), ...(key_statements && { key_statements }) };
  if (offer.status === 'idle' || offer.dispatch.position !== input.position) return stay(state);
  if (input.for === 'url' && offer.status === 'offered') {
    const { update_id } = offer.dispatch.data;
    const begun = begunWith({ ...state, untold: false }, offer);
    return {
      state: begun.state,
      effects: [...begun.effects, { type: 'send', frame: { type: 'url', update_id, url, url_expires_at } }],
    };
  }
  if (input.for === 'url' || offer.status !== 'preparing') return stay(state);
  return {
    state: { ...state, untold: false, offer: { ...offer, status: 'offered', sent: true, renewing: false } },
    effects: [{ type: 'send', frame: { ...offerOf(offer.dispatch), url, url_expires_at, ...shown } }],
  };
}

/** It has its URL; of what it had put off it may have said meanwhile how far it is. */
function begunWith(state: OpenSession, { begins, ...told }: OpenOffer & { status: 'offered' }): Step<OpenSession> {
  const offer = { ...told, renewing: false };
  if (!begins || newestOf(offer.progress)) return stay({ ...state, offer });
  return coalesced(state, offer, writtenAtOnce(begins.point, begins.at));
}

function offerOf({ data }: Dispatch): Omit<UpdateOffer, 'url' | 'url_expires_at'> {
  const { update_id, number, firmware_id, version, sha256, size, force, deadline_at, rollback } = data;
  const offer = { update_id, number, firmware_id, version, sha256, size, force, deadline_at };
  return { type: 'update', ...offer, ...(rollback && { rollback }) };
}

function unofferable(state: OpenSession, { position, code, message }: InputOf<'unofferable'>): Step {
  const { offer } = state;
  if (!isOpenOffer(offer) || offer.status === 'postponed' || offer.dispatch.position !== position) return stay(state);
  // It may have been told on an earlier session, and must not begin now.
  const sent = offer.sent || isTakenBack(code);
  return settled(state, offer, { sent, code, message, reported_by: 'gateway' });
}

interface Reported {
  sent: boolean;
  code: string;
  message: string;
  reported_by: 'device' | 'gateway';
}

function settled(state: OpenSession, offer: OpenOffer, { sent, ...failure }: Reported): Step<OpenSession> {
  const { dispatch } = offer;
  return {
    state: { ...state, offer: { status: 'settled', dispatch, sent } },
    effects: [...lastProgress(offer), { type: 'report-failed', dispatch, ...failure }],
  };
}

/** What waited for its second is written before the goodbye. */
function end({ offer, untold }: OpenSession, ending: Ending): Step {
  const last = isOpenOffer(offer) ? lastProgress(offer) : [];
  return {
    state: { status: 'closed' },
    effects: [...last, goodbye(ending, untold), { type: 'hang-up', ending }],
  };
}

/** Writes that the session is over. @param untold the device was certainly not told of the open update in this boot */
export function goodbye(ending: Ending, untold = false): Effect {
  return { type: 'leave', ending, ...untoldIn(untold) };
}

function untoldIn(untold: boolean): { untold?: true } {
  return untold ? { untold } : {};
}
