/** A line of a log that deserves an engineer's eyes. */
export interface LogLine {
  level: 'warn' | 'error';
  text: string;
}

/** pino's numbers for levels. */
const WARN = 40;
const ERROR = 50;

/** What Node prints around the message of a crash: indented frames and excerpts, its own files, its version. */
const AROUND_A_CRASH = /^(\s|node:|file:|\}|Node\.js v)/;

/**
 * What a line of output says, if it is a warning or an error: pino's JSON in words, and of anything else the lines that
 * say something, since a program that writes no JSON is crashing. The log has all of it.
 */
export function readable(line: string): LogLine | undefined {
  if (line.trim() === '') return undefined;
  const record = parsed(line);
  if (!record) return AROUND_A_CRASH.test(line) ? undefined : { level: 'warn', text: line };
  const { level, msg, err } = record;
  if (typeof level !== 'number' || level < WARN) return undefined;
  const cause = errorText(err);
  const text = [typeof msg === 'string' ? msg : '', cause && cause !== msg ? cause : ''].filter(Boolean).join(': ');
  return { level: level >= ERROR ? 'error' : 'warn', text: text || line };
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function errorText(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('message' in err)) return '';
  return typeof err.message === 'string' ? err.message : '';
}
