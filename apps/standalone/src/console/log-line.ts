/** A line of a log that deserves an engineer's eyes. */
export interface LogLine {
  level: 'warn' | 'error';
  text: string;
}

/** What deserves eyes, by the names that the services write, and by pino's numbers that other programs leave as they are. */
const NOTABLE: ReadonlyMap<unknown, LogLine['level']> = new Map<unknown, LogLine['level']>([
  ['warn', 'warn'],
  ['error', 'error'],
  ['fatal', 'error'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'error'],
]);

/** What Node prints around the message of a crash: indented frames and excerpts, its own files, its version. */
const LINES_OF_A_CRASH = /^(\s|node:|file:|\}|Node\.js v)/;

/**
 * What a line of output says, if it is a warning or an error: pino's JSON in words, and of anything else the lines that
 * say something, since a program that writes no JSON is crashing. The log has all of it.
 */
export function readable(line: string): LogLine | undefined {
  if (line.trim() === '') return undefined;
  const record = parsed(line);
  if (!record) return LINES_OF_A_CRASH.test(line) ? undefined : { level: 'warn', text: line };
  const { msg, err, status } = record;
  const level = NOTABLE.get(record['level']);
  if (!level) return undefined;
  if (typeof status === 'number') return requestLine(record, status);
  const cause = errorText(err);
  const text = [typeof msg === 'string' ? msg : '', cause && cause !== msg ? cause : ''].filter(Boolean).join(': ');
  return { level, text: text || line };
}

/** A request that was the client's fault is the client's to read about. */
function requestLine({ method, path }: Record<string, unknown>, status: number): LogLine | undefined {
  if (status < 500) return undefined;
  return { level: 'error', text: `${String(method)} ${String(path)} was answered with ${status}` };
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
