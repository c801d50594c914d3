import { ConfigError, EXIT_CONFIG } from '@edgeflow/configuration';
import { createLogger } from './logger.js';

/**
 * Ends the process with the reason on stderr: a line for each wrong variable and exit code 78 for the configuration, which no restart
 * cures; else the error under this message, and exit code 1.
 */
export function failWith(error: unknown, message: string): never {
  const last = createLogger(process.stderr);
  if (error instanceof ConfigError) {
    for (const line of error.lines) last.fatal(line);
    process.exit(EXIT_CONFIG);
  }
  last.fatal({ err: error }, message);
  process.exit(1);
}
