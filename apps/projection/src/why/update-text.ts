import { unreachable, type DataOf, type Fact } from '@edgeflow/contracts';
import { refusal } from './words.js';

export type UpdateFact = Exclude<
  Extract<Fact, { type: `Update${string}` | 'DeadlineReached' }>,
  { type: `${string}Requested` }
>;

/** What became of an update of a device, in one plain sentence. */
export function updateText(event: UpdateFact): string {
  switch (event.type) {
    case 'UpdateQueued':
      return `${whichUpdate(event.data)} was accepted${placeText(event.data)}.`;
    case 'UpdateDispatched':
      return `The device was told to install ${event.data.version}.`;
    case 'UpdateSkipped':
      return `${whichUpdate(event.data)} was not needed ${refusal(event.data)}`;
    case 'UpdateRejected':
      return `${whichUpdate(event.data)} was refused ${refusal(event.data)}`;
    case 'UpdateCompleted':
      return `The device runs ${event.data.version}: the ${event.data.rollback ? 'way back' : 'update'} is completed.`;
    case 'UpdateFailed':
      return `${whichUpdate(event.data)} failed ${refusal(event.data)}`;
    case 'UpdateCancelled':
      return `${whichUpdate(event.data)} was cancelled ${refusal(event.data)}`;
    case 'DeadlineReached':
      return 'The time for the update ran out.';
    default:
      return unreachable(event);
  }
}

function whichUpdate({ version, rollback }: { version?: string; rollback?: boolean }): string {
  const to = version === undefined ? '' : ` to ${version}`;
  return rollback === true ? `The way back${to}` : `The update${to}`;
}

function placeText({ rollout_id, wave, attempt = 1 }: DataOf<'UpdateQueued'>): string {
  if (rollout_id === undefined) return '';
  const of = wave === undefined ? ` for rollout ${rollout_id}` : ` in wave ${wave} of rollout ${rollout_id}`;
  return attempt > 1 ? `${of}, try ${attempt}` : of;
}
