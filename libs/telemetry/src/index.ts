export { correlationId, withCorrelationId } from './correlation.js';
export { configureLogger, createLogger, logger, type Logger } from './logger.js';
export {
  collectProcessMetrics,
  counter,
  gauge,
  histogram,
  metrics,
  type Counter,
  type Gauge,
  type Histogram,
  type MetricDeclaration,
} from './metrics.js';
export { nestLogger } from './nest-logger.js';
export { isOperational } from './operational-path.js';
export { Degraded, Readiness, type ReadinessCheck, type ReadinessReport } from './readiness.js';
export { REDACTED, redact, redactLine, redactString, withoutSecrets } from './redaction.js';
export { warnSparsely } from './sparse-warning.js';
export { failWith } from './failure.js';
export { within } from './within.js';
export { HealthModule } from './health.module.js';
export { SpanKind, activeTraceparent, describeRequestSpan, flushTraces, inSpan, type SpanOptions } from './tracing.js';
