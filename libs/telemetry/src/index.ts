export { correlationId, withCorrelationId } from './correlation.js';
export { configureLogger, logger } from './logger.js';
export { collectProcessMetrics, counter, gauge, histogram, metrics } from './metrics.js';
export { nestLogger } from './nest-logger.js';
export { isNetworkCode } from './network-codes.js';
export { isOperational } from './operational-path.js';
export { Degraded, Readiness, type ReadinessCheck } from './readiness.js';
export { redactString, withoutSecrets } from './redaction.js';
export { errorSparsely, warnSparsely } from './sparse-warning.js';
export { FairQueue } from './fair-queue.js';
export { failWith } from './failure.js';
export { backoff, untilAnswered } from './until-answered.js';
export { within } from './within.js';
export { HealthModule } from './health.module.js';
export {
  SpanKind,
  activeTraceparent,
  describeRequestSpan,
  flushTraces,
  inSpan,
  isSampled,
  type SpanOptions,
} from './tracing.js';
