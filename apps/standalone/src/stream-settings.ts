import type { EventLogOptions } from '@edgeflow/event-log';

/** What the environment says of the streams. @throws Error of one line that names a wrong variable */
export function streamSettings(env: NodeJS.ProcessEnv): Pick<EventLogOptions, 'replicas' | 'max_bytes'> {
  const max_bytes = wholeNumber(env, 'EVENT_LOG_MAX_BYTES');
  return { replicas: wholeNumber(env, 'EVENT_LOG_REPLICAS') ?? 1, ...(max_bytes !== undefined && { max_bytes }) };
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name]?.trim();
  if (!text) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${name} must be a whole number above 0`);
  return Number(text);
}
