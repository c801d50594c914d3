import { columnsOf, isRequest, teamOf } from '@edgeflow/contracts';
import type { TimelineEvent } from '../../rows/timeline.row.js';

/**
 * One plain sentence that tells an operator what an event of a timeline was. A request that its owner refuses has no payload. What a team says of who asks is its
 * own word, which nobody has proven: its source stands before it.
 */
export function textOf({ type, data, source }: Pick<TimelineEvent, 'type' | 'data' | 'source'>): string {
  const isAsking = isRequest({ type });
  if (isAsking && Object.keys(data).length === 0) {
    return `${teamOf(source) ?? 'Someone'} asked for something that cannot be read.`;
  }
  const { text, summary } = columnsOf(type);
  // An answer holds who had sent the request.
  return text?.(isAsking ? { ...data, source } : data) ?? summary;
}
