import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  propagation,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { Clock } from '@edgeflow/runtime';
import { logger } from './logger.js';
import { within } from './within.js';

export { SpanKind } from '@opentelemetry/api';

const tracer = trace.getTracer('edgeflow');
const FLUSH_LIMIT_MS = 5000;

export interface SpanOptions {
  /** The W3C `traceparent` that came with an event or a message; without it the active span is the parent. */
  parent?: string | undefined;
  kind?: SpanKind;
  attributes?: Attributes;
}

function parentOf(traceparent: string | undefined): Context {
  return traceparent === undefined ? context.active() : propagation.extract(ROOT_CONTEXT, { traceparent });
}

/** The flag of a `traceparent` that says that its spans are kept (W3C Trace Context, 3.2.2.5.1). */
const SAMPLED = 1;

/** True for a `traceparent` whose trace is kept. Of one that is not, a span would cost as much, and be thrown away. */
export function isSampled(traceparent: string | undefined): boolean {
  return traceparent !== undefined && (Number.parseInt(traceparent.slice(-2), 16) & SAMPLED) === SAMPLED;
}

function markFailed(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR, ...(error instanceof Error && { message: error.message }) });
}

/**
 * Runs `work` inside a span that ends with it; what it throws is recorded on the span and thrown on. Without the
 * bootstrap of `@edgeflow/telemetry/otel` the span is a no-op.
 */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => T | Promise<T>): Promise<T> {
  const { parent, kind = SpanKind.INTERNAL, attributes = {} } = options;
  return tracer.startActiveSpan(name, { kind, attributes }, parentOf(parent), async (span) => {
    try {
      return await work(span);
    } catch (error) {
      markFailed(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The W3C `traceparent` of the active span, to be sent along with a message; undefined when nothing is traced. */
export function activeTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
}

async function flushProvider(): Promise<void> {
  const provider: object = trace.getTracerProvider();
  const made: unknown =
    'getDelegate' in provider && typeof provider.getDelegate === 'function' ? provider.getDelegate() : provider;
  if (typeof made !== 'object' || made === null) return;
  if ('forceFlush' in made && typeof made.forceFlush === 'function') await made.forceFlush();
}

/**
 * Sends the spans that wait for export: to be called last when a service stops. It waits five seconds at most and does
 * not throw: a collector that is away must not keep a service from stopping. Without a tracer it does nothing.
 */
export async function flushTraces(clock: Clock): Promise<void> {
  const late = (): Error => new Error(`no answer within ${FLUSH_LIMIT_MS / 1000} s`);
  await within(FLUSH_LIMIT_MS, flushProvider(), late, clock).catch((error: unknown) =>
    logger.warn({ err: error }, 'the last spans were not delivered'),
  );
}

/** Gives the server span of a request its route (OpenTelemetry semantic conventions for HTTP: `{method} {route}`). */
export function describeRequestSpan(method: string, route: string | undefined): void {
  if (route === undefined) return;
  trace.getActiveSpan()?.setAttribute('http.route', route).updateName(`${method} ${route}`);
}
