import type { Failure, Hello, UpdateOffer, UrlRequest } from '@edgeflow/contracts';
import { badFrame, modelMismatch, type Ending } from './ending.js';
import { flushDueAt, flushProgress, takeProgress, type Coalesced } from './progress-coalescer.js';
import type { Remark, SaidHello, SaidProgress } from './said/said.js';
import { begin, isInstalled, isOnTarget, observeAll } from './work.js';
import type { Dispatch, Effect, OpenTunnel, Step, TunnelInput, Work } from './tunnel.state.js';

type InputOf<T extends TunnelInput['type']> = Extract<TunnelInput, { type: T }>;
type Working = Extract<Work, { status: 'preparing' | 'offered' }>;

/** The next state of a tunnel whose device may be told of updates. */
export function inOpen(state: OpenTunnel, input: TunnelInput): Step {
  switch (input.type) {
    case 'frame':
      return onFrame(state, input);
    case 'ignored':
    case 'remark':
      return { state, effects: [told(input.remark)] };
    case 'unknown-type':
      return { state, effects: [unknownType(input.name)] };
    case 'bad-frame':
      return endAtBadFrame(state, input);
    case 'observed': {
      const { work, effects } = observeAll(state.work, input.events, state.hello, state.joined);
      return { state: { ...state, work }, effects };
    }
    case 'prepared':
      return prepared(state, input);
    case 'unofferable':
      return unofferable(state, input);
    case 'flush-due':
      return isWorking(state.work)
        ? coalesced(state, state.work, flushProgress(state.work.progress, input.at))
        : stay(state);
    case 'end':
      return end(state, input.ending);
    default:
      return stay(state);
  }
}

/** Says that a type is not known; the tunnel stays, since a newer device may know more than we do. */
export function unknownType(name: string): Effect {
  return { type: 'send', frame: { type: 'error', code: 'unknown-type', detail: `${name} is not known here` } };
}

/** Tells the device what was not right in a frame; the tunnel stays, since a device that loses it begins its update again. */
export function told({ code, detail }: Remark): Effect {
  return { type: 'send', frame: { type: 'error', code, detail: detail.slice(0, 1024) } };
}

/** The hello of a device that is registered as `model`; undefined when it says that it is another one. */
export function helloOf(model: string, said: SaidHello): Hello | undefined {
  const isOther = said.model !== undefined && said.model.toLowerCase() !== model.toLowerCase();
  return isOther ? undefined : { ...said, model };
}

const stay = (state: OpenTunnel): Step<OpenTunnel> => ({ state, effects: [] });

function isWorking(work: Work): work is Working {
  return work.status === 'preparing' || work.status === 'offered';
}

function onFrame(state: OpenTunnel, { frame, at }: InputOf<'frame'>): Step {
  switch (frame.type) {
    case 'hello':
      return onHello(state, frame);
    case 'progress':
      return onProgress(state, frame, at);
    case 'failed':
      return onFailed(state, frame);
    case 'url':
      return onUrl(state, frame);
  }
}

/** A further hello on the same tunnel is a version report; an open update is offered again, unless the hello says how it ended. */
function onHello(before: OpenTunnel, said: SaidHello): Step {
  const hello = helloOf(before.hello.model, said);
  if (!hello) return end(before, modelMismatch(before.hello.model, said.model));
  const { state, effects } = hello.failed ? onFailed(before, hello.failed) : stay(before);
  const next = onVersion(state, hello);
  return { state: next.state, effects: [...effects, ...next.effects] };
}

function onVersion(state: OpenTunnel, hello: Hello): Step<OpenTunnel> {
  const { work } = state;
  const isOther = hello.version !== state.hello.version;
  const changed = isOther || hello.boot_id !== state.hello.boot_id;
  const of = work.status === 'idle' ? {} : { dispatch: work.dispatch };
  const lasting = isOther || work.status !== 'idle';
  const proves = changed && isWorking(work) && (isOther || isProof(work, hello));
  const report: Effect[] = changed ? [{ type: 'report-version', hello, ...of, lasting, proves }] : [];
  const next = { ...state, hello };
  if (!isWorking(work)) return { state: next, effects: [...report, { type: 'check-lane' }] };
  if (proves) {
    return { state: { ...next, work: { status: 'settled', dispatch: work.dispatch, told: false } }, effects: report };
  }
  const again = begin(work.dispatch, hello, state.joined, work.told);
  const resumed = again.work.status === 'preparing' ? { ...again.work, progress: work.progress } : again.work;
  return { state: { ...next, work: resumed }, effects: [...report, ...again.effects] };
}

/** True for a hello that ends the update: with the wanted version, or any after a reboot that followed the install; as does any change of version. */
function isProof({ dispatch, progress }: Working, hello: Hello): boolean {
  const phase = progress.last?.phase;
  return isOnTarget(dispatch, hello) || (phase !== undefined && isInstalled(phase));
}

function onProgress(state: OpenTunnel, { update_id, phase, progress }: SaidProgress, at: number): Step {
  const { work } = state;
  if (!isOf(work, update_id)) return unknownUpdate(state, update_id);
  if (!isWorking(work)) return stay(state);
  const point = { phase, progress: progress ?? work.progress.last?.progress ?? 0 };
  return coalesced(state, work, takeProgress(work.progress, point, at));
}

function coalesced(state: OpenTunnel, work: Working, { coalescing, emit }: Coalesced): Step {
  const { dispatch } = work;
  const due = flushDueAt(coalescing);
  const effects: Effect[] = [];
  if (emit) effects.push({ type: 'report-progress', dispatch, point: emit });
  if (due !== undefined && due !== flushDueAt(work.progress)) effects.push({ type: 'flush-at', at: due });
  return { state: { ...state, work: { ...work, progress: coalescing } }, effects };
}

/** Reports are idempotent: of an update whose outcome is in the log nothing more is written. */
function onFailed(state: OpenTunnel, { update_id, code, message }: Failure): Step<OpenTunnel> {
  const { work } = state;
  if (!isOf(work, update_id)) return { state, effects: [updateUnknown(update_id)] };
  if (!isWorking(work)) return stay(state);
  return settled(state, work, { told: false, code, message, reported_by: 'device' });
}

function onUrl(state: OpenTunnel, { update_id }: UrlRequest): Step {
  const { work } = state;
  if (!isOf(work, update_id)) return unknownUpdate(state, update_id);
  // A fresh URL is on its way with the offer.
  if (work.status === 'preparing' || (work.status === 'offered' && work.renewing)) return stay(state);
  if (work.status === 'settled') return { state, effects: [updateUnknown(update_id)] };
  return {
    state: { ...state, work: { ...work, renewing: true } },
    effects: [{ type: 'prepare', dispatch: work.dispatch, for: 'url' }],
  };
}

function isOf(work: Work, updateId: string): work is Exclude<Work, { status: 'idle' }> {
  return work.status !== 'idle' && work.dispatch.data.update_id === updateId;
}

function updateUnknown(updateId: string): Effect {
  return { type: 'send', frame: { type: 'error', code: 'update-unknown', detail: `${updateId} is not open` } };
}

/** The device works on what has ended while it was away: it is told to stop. */
function unknownUpdate(state: OpenTunnel, update_id: string): Step {
  return { state, effects: [updateUnknown(update_id), { type: 'send', frame: { type: 'cancel', update_id } }] };
}

/** Only the work that the preparation was for may use it; it may have ended or begun anew since. */
function prepared(state: OpenTunnel, input: InputOf<'prepared'>): Step {
  const { work } = state;
  const { url, url_expires_at, manifest, key_statements } = input;
  const shown = { ...(manifest && { manifest }), ...(key_statements && { key_statements }) };
  if (work.status === 'idle' || work.dispatch.position !== input.position) return stay(state);
  if (input.for === 'url' && work.status === 'offered') {
    const { update_id } = work.dispatch.data;
    return {
      state: { ...state, work: { ...work, renewing: false } },
      effects: [{ type: 'send', frame: { type: 'url', update_id, url, url_expires_at } }],
    };
  }
  if (input.for === 'url' || work.status !== 'preparing') return stay(state);
  return {
    state: { ...state, work: { ...work, status: 'offered', told: true, renewing: false } },
    effects: [{ type: 'send', frame: { ...offerOf(work.dispatch), url, url_expires_at, ...shown } }],
  };
}

function offerOf({ data }: Dispatch): Omit<UpdateOffer, 'url' | 'url_expires_at'> {
  const { update_id, number, firmware_id, version, sha256, size, force, deadline_at, rollback } = data;
  const offer = { update_id, number, firmware_id, version, sha256, size, force, deadline_at };
  return { type: 'update', ...offer, ...(rollback && { rollback }) };
}

function unofferable(state: OpenTunnel, { position, code, message }: InputOf<'unofferable'>): Step {
  const { work } = state;
  if (!isWorking(work) || work.dispatch.position !== position) return stay(state);
  return settled(state, work, { told: work.told, code, message, reported_by: 'gateway' });
}

interface Reported {
  told: boolean;
  code: string;
  message: string;
  reported_by: 'device' | 'gateway';
}

function settled(state: OpenTunnel, { dispatch }: Working, { told, ...failure }: Reported): Step<OpenTunnel> {
  return {
    state: { ...state, work: { status: 'settled', dispatch, told } },
    effects: [{ type: 'report-failed', dispatch, ...failure }],
  };
}

/** What can be tied to the update in a frame that ends the tunnel is written before the goodbye: told again, the device would do the same. */
function endAtBadFrame(state: OpenTunnel, { detail, report }: InputOf<'bad-frame'>): Step {
  const reported = report ? onFailed(state, report) : stay(state);
  const ended = end(reported.state, badFrame(detail));
  return { ...ended, effects: [...reported.effects, ...ended.effects] };
}

/** What waited for its second is written before the goodbye. */
function end({ work }: OpenTunnel, ending: Ending): Step {
  const pending = isWorking(work) ? work.progress.pending : undefined;
  const last: Effect[] =
    pending && isWorking(work) ? [{ type: 'report-progress', dispatch: work.dispatch, point: pending }] : [];
  return {
    state: { status: 'closed' },
    effects: [...last, { type: 'leave', ending }, { type: 'hang-up', ending }],
  };
}
