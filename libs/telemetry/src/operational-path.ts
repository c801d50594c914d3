/** Probes and scrapes come every few seconds and say nothing: they are neither logged nor traced. */
const OPERATIONAL_PATH = /\/(?:livez|readyz|metrics)(?:\?|$)/;

/** True for the path of a probe or a scrape, with or without a service's prefix. */
export function isOperational(path: string | undefined): boolean {
  return path !== undefined && OPERATIONAL_PATH.test(path);
}
