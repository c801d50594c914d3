import { FAILURE_MESSAGE_MAX, UNSPECIFIED, beginningOf, isToken, type Failure } from '@edgeflow/contracts';
import type { Remark } from '../../../session/device-frame.js';
import { invalid, textIn, updateIdIn, type Members } from './values.js';

/** So much of a code that is none goes before the message. */
const RAW_CODE_MAX = 256;

/** The failure, where it can be tied to an update, and what was put right in it. */
export interface ReceivedFailure {
  failure?: Failure;
  remarks: readonly Remark[];
}

/**
 * A report of failure, which is never lost for its form (docs/device-protocol.md, "What becomes of a frame that is not quite right"): a code that is none becomes `unspecified`, with what was
 * said before the message, and a message is cut.
 */
export function failureIn({ update_id: id, code, message }: Members): ReceivedFailure {
  const update_id = updateIdIn(id);
  if (update_id === undefined) return { remarks: [noUpdateId] };
  const said = textIn(message, FAILURE_MESSAGE_MAX) ?? '';
  const remarks = isWhole(message) ? [] : [invalid(`message is a text of at most ${FAILURE_MESSAGE_MAX} characters`)];
  if (isToken(code)) return { failure: { update_id, code, message: said }, remarks };
  const raw = textIn(code, RAW_CODE_MAX) ?? '';
  const words = [raw, said].filter((part) => part !== '').join(': ');
  return {
    failure: { update_id, code: UNSPECIFIED, message: beginningOf(words, FAILURE_MESSAGE_MAX) },
    remarks: [...remarks, invalid(`code is no code, and was taken as ${UNSPECIFIED}`)],
  };
}

export const noUpdateId: Remark = { code: 'update-id-missing', detail: 'update_id is not the id of an update' };

function isWhole(message: unknown): boolean {
  return message === undefined || (typeof message === 'string' && message.length <= FAILURE_MESSAGE_MAX);
}
