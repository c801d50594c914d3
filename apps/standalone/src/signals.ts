/** 128 + SIGINT, as shells count it. */
export const EXIT_INTERRUPTED = 130;

/**
 * Aborted by the first Ctrl-C, SIGTERM or SIGHUP; the second ends the process at once, and with it, by their exit hooks,
 * every process it started.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    controller.abort(new Interrupted());
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return controller.signal;
}

/** Somebody asked to stop: no failure. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('interrupted');
  }
}
