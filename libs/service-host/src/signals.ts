import { logger } from '@edgeflow/telemetry';

/** SIGTERM of a platform, SIGINT of a terminal, and the loss of the parent that started this process with a channel. */
const ENDINGS = ['SIGTERM', 'SIGINT', 'disconnect'] as const;

/**
 * Stops the service, then the process, at the first of these signals; a second signal ends the process at once, as it
 * would without us.
 * @returns takes the listeners away again
 */
export function stopOnSignal(stop: () => Promise<void>): () => void {
  const forget = (): void => ENDINGS.forEach((ending) => process.off(ending, end));
  function end(reason: unknown): void {
    forget();
    logger.info({ reason: typeof reason === 'string' ? reason : 'the parent process is gone' }, 'stopping');
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the service did not stop cleanly');
        process.exit(1);
      },
    );
  }
  ENDINGS.forEach((ending) => process.on(ending, end));
  return forget;
}
