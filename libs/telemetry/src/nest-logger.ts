import type { LoggerService } from '@nestjs/common';
import { logger } from './logger.js';

/** Nest's own messages through the process's logger. Its start-up chatter (`log`) is detail for debugging. */
export const nestLogger: LoggerService = {
  log: (message: unknown, context?: unknown) => logger.debug({ context }, String(message)),
  warn: (message: unknown, context?: unknown) => logger.warn({ context }, String(message)),
  error: (message: unknown, ...details: unknown[]) => logger.error({ context: details.at(-1) }, String(message)),
  fatal: (message: unknown, ...details: unknown[]) => logger.fatal({ context: details.at(-1) }, String(message)),
};
