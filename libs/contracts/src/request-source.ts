/** Who the orchestrator is in events; requests that its HTTP API took stand in the log in its name. */
export const ORCHESTRATOR_SOURCE = '/rollout-orchestrator';
/** How a caller of the HTTP API is told from a team: no URI-reference of a team begins so, since the intake lets none in. */
export const HTTP_CALLER = 'http:';

/** Who writes events of its own. */
const SERVICES = ['rollout-orchestrator', 'device-gateway', 'firmware-registry', 'projection'];

/**
 * True for a source that is no team's: a service's, or a caller's of the HTTP API, in whatever spelling people or URI parsers take for it. A team that
 * took it would be shown as somebody else.
 */
export function isReservedSource(source: string): boolean {
  const plain = unescaped(source).toLowerCase();
  if (plain.startsWith(HTTP_CALLER)) return !plain.startsWith(`${HTTP_CALLER}//`);
  const parts = plain.split(/[/\\?#]+/).filter((part) => part !== '' && part !== '.');
  // People read what stands first; who resolves the reference (RFC 3986, 5.2.4) what is left first.
  const [read] = parts.filter((part) => part !== '..');
  const [resolved] = parts.reduce<string[]>((path, part) => (part === '..' ? path.slice(0, -1) : [...path, part]), []);
  return [read, resolved].some((first) => first !== undefined && SERVICES.includes(first));
}

/** The team that a request is from, by the source of its event; undefined where it was asked over HTTP, and where nobody knows. */
export function teamOf(source: string | undefined): string | undefined {
  return source === undefined || source === '' || isReservedSource(source) ? undefined : source;
}

/** Without percent escapes, also of what was escaped before. */
function unescaped(text: string): string {
  try {
    const plain = decodeURIComponent(text);
    return plain === text ? text : unescaped(plain);
  } catch {
    return text;
  }
}
