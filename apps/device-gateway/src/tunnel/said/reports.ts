import { PHASES, isToken, type Failed, type Phase, type UrlRequest } from '@edgeflow/contracts';
import { failureIn, noUpdateId } from './failure.js';
import { invalid, type Said, type SaidProgress } from './said.js';
import { percentIn, textIn, type Members } from './values.js';

export function failedIn(members: Members): Said<Failed> {
  const { failure, remarks } = failureIn(members);
  return { ...(failure && { frame: { type: 'failed', ...failure } }), remarks };
}

export function urlRequestIn({ update_id }: Members): Said<UrlRequest> {
  return isToken(update_id) ? { frame: { type: 'url', update_id }, remarks: [] } : { remarks: [noUpdateId] };
}

/** A phase that is not known says nothing that could be shown. */
export function progressIn({ update_id, phase, progress }: Members): Said<SaidProgress> {
  if (!isToken(update_id)) return { remarks: [noUpdateId] };
  if (!isPhase(phase)) {
    const detail = `phase ${textIn(phase, 64) ?? ''} is none of ${PHASES.join(', ')}`;
    return { remarks: [{ code: 'unknown-phase', detail }] };
  }
  const percent = percentIn(progress);
  const taken = percent === undefined ? 'and is passed over' : `and was taken as ${percent}`;
  return {
    frame: { type: 'progress', update_id, phase, ...(percent !== undefined && { progress: percent }) },
    remarks:
      percent !== undefined && percent === progress
        ? []
        : [invalid(`progress is a whole number from 0 to 100, ${taken}`)],
  };
}

function isPhase(phase: unknown): phase is Phase {
  return (PHASES as readonly unknown[]).includes(phase);
}
