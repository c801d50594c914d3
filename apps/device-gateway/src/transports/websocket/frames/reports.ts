import {
  PHASES,
  POSTPONE_MAX_S,
  POSTPONE_REASON_MAX,
  type Failed,
  type Phase,
  type Postpone,
  type UrlRequest,
} from '@edgeflow/contracts';
import { failureIn, noUpdateId } from './failure.js';
import type { ReceivedProgress } from '../../../session/device-frame.js';
import { invalid, textIn, updateIdIn, wholeIn, type Members, type ReadFrame } from './values.js';

export function failedIn(members: Members): ReadFrame<Failed> {
  const { failure, remarks } = failureIn(members);
  return { ...(failure && { frame: { type: 'failed', ...failure } }), remarks };
}

export function urlRequestIn({ update_id: id }: Members): ReadFrame<UrlRequest> {
  const update_id = updateIdIn(id);
  return update_id === undefined ? { remarks: [noUpdateId] } : { frame: { type: 'url', update_id }, remarks: [] };
}

/** A phase that is not known says nothing that could be shown. */
export function progressIn({ update_id: id, phase, progress }: Members): ReadFrame<ReceivedProgress> {
  const update_id = updateIdIn(id);
  if (update_id === undefined) return { remarks: [noUpdateId] };
  if (!isPhase(phase)) {
    const detail = `phase ${textIn(phase, 64) ?? ''} is none of ${PHASES.join(', ')}`;
    return { remarks: [{ code: 'unknown-phase', detail }] };
  }
  const percent = wholeIn(progress, 0, 100);
  const taken = percent === undefined ? 'and is passed over' : `and was taken as ${percent}`;
  return {
    frame: { type: 'progress', update_id, phase, ...(percent !== undefined && { progress: percent }) },
    remarks:
      percent !== undefined && percent === progress
        ? []
        : [invalid(`progress is a whole number from 0 to 100, ${taken}`)],
  };
}

/** For how long an update is put off where the device does not say so that it can be read, in seconds: an hour. */
const POSTPONE_DEFAULT_S = 3_600;

/** Who wants it later is not asked again at once, however that is said. */
export function postponeIn({ update_id: id, for_s, reason }: Members): ReadFrame<Postpone> {
  const update_id = updateIdIn(id);
  if (update_id === undefined) return { remarks: [noUpdateId] };
  const seconds = wholeIn(for_s, 1, POSTPONE_MAX_S) ?? POSTPONE_DEFAULT_S;
  const why = textIn(reason, POSTPONE_REASON_MAX);
  const isWhole = reason === undefined || reason === null || reason === why;
  return {
    frame: { type: 'postpone', update_id, for_s: seconds, ...(why !== undefined && why !== '' && { reason: why }) },
    remarks: [
      ...(seconds === for_s
        ? []
        : [invalid(`for_s is a whole number from 1 to ${POSTPONE_MAX_S}, and was taken as ${seconds}`)]),
      ...(isWhole ? [] : [invalid(`reason is a text of at most ${POSTPONE_REASON_MAX} characters`)]),
    ],
  };
}

function isPhase(phase: unknown): phase is Phase {
  return (PHASES as readonly unknown[]).includes(phase);
}
