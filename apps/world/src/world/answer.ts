import { Refused } from '@edgeflow/contracts';
import type { Action } from '../people/action.js';

/** How an action was answered. */
export interface Answer {
  action: Action;
  /** As over HTTP; 0 where nobody was there who could have answered. */
  status: number;
  code?: string;
  /** Where its event stands, or what was seen. */
  position?: number;
  /** Under which id it stands on the log. */
  request_id?: string;
  /** It was taken, and not decided yet. */
  undecided?: true;
  /** Under which `Idempotency-Key` it was asked for, of what was sent again. */
  key?: string;
}

interface Said {
  position?: unknown;
  request_id?: unknown;
  status?: unknown;
}

/** What somebody answered, or refused. @throws whatever is no refusal: that is a fault of ours */
export async function answerOf(action: Action, asked: Promise<unknown> | undefined, status: number): Promise<Answer> {
  if (!asked) return { action, status: 0 };
  try {
    const said = (await asked) as Said | number | undefined;
    const {
      position,
      request_id,
      status: standing,
    } = typeof said === 'number' ? ({ position: said } as Said) : (Object(said) as Said);
    return {
      ...{ action, status },
      ...(typeof position === 'number' && { position }),
      ...(typeof request_id === 'string' && { request_id }),
      ...(standing === 'requested' && { undecided: true }),
    };
  } catch (error) {
    if (error instanceof Refused) return { action, status: error.status, code: error.code };
    throw error;
  }
}
