import { isSpanContextValid, trace } from '@opentelemetry/api';
import { pino, stdTimeFunctions, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { correlationId } from './correlation.js';
import { redactLine } from './redaction.js';

export type { Logger } from 'pino';

let serviceName = process.env['OTEL_SERVICE_NAME'] ?? 'edgeflow';

function traceFields(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

const options: LoggerOptions = {
  level: 'info',
  base: null,
  messageKey: 'msg',
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
  mixin: () => {
    const id = correlationId();
    return { service: serviceName, ...traceFields(), ...(id !== undefined && { correlation_id: id }) };
  },
  hooks: { streamWrite: redactLine },
};

/** A logger of its own, for a program that writes elsewhere than to stdout. Secrets are redacted like everywhere. */
export function createLogger(destination?: DestinationStream): Logger {
  return destination ? pino(options, destination) : pino(options);
}

/** The logger of this process, for use outside Nest: one JSON line per event on stdout, secrets redacted. */
export const logger: Logger = createLogger();

/** Says once, at start, which service this process is and from which level on it logs. */
export function configureLogger({ service, level }: { service: string; level: string }): void {
  serviceName = service;
  logger.level = level;
}
