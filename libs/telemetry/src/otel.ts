/**
 * The tracing bootstrap, loaded before anything else: `node --import @edgeflow/telemetry/otel main.js`. It honours the
 * OTEL_* variables of the OpenTelemetry specification. Spans go to OTEL_EXPORTER_OTLP_ENDPOINT (`http/protobuf` unless
 * OTEL_EXPORTER_OTLP_PROTOCOL says otherwise) or to OTEL_TRACES_EXPORTER; without either nothing is exported, but trace
 * ids are still made, logged and passed on.
 *
 * http and pg are patched when they are first required, by ESM importers as well: neither needs a loader hook (which would
 * cost each service a second thread at start).
 */
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { isOperational } from './operational-path.js';
import { exporterVariables } from './otel-environment.js';
import { redactString } from './redaction.js';

type SpanProcessors = NonNullable<NodeSDKConfiguration['spanProcessors']>;
const env = process.env;

/** Without a processor the SDK makes no tracer, and without a tracer there are no trace ids. */
const nowhere: SpanProcessors = [
  {
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  },
];

function isExporting(): boolean {
  if (env['OTEL_TRACES_EXPORTER']) return env['OTEL_TRACES_EXPORTER'] !== 'none';
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
}

/** `apps/device-gateway/dist/main.js` is `device-gateway`, where OTEL_SERVICE_NAME does not say otherwise. */
function startedApp(): string {
  return /([^/\\]+)[/\\]dist[/\\][^/\\]+$/.exec(process.argv[1] ?? '')?.[1] ?? 'edgeflow';
}

/** Paths and queries are the clients' words; a token in one must not go where traces go. */
function cleanAttributes(span: object): void {
  const { attributes } = span as { attributes?: Record<string, unknown> };
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (attributes && typeof value === 'string') attributes[name] = redactString(value);
  }
}

function start(): void {
  env['OTEL_SERVICE_NAME'] ??= startedApp();
  // Metrics are scraped from /metrics and logs are read from stdout: the SDK's own exporters for them wait to be asked.
  env['OTEL_METRICS_EXPORTER'] ??= 'none';
  env['OTEL_LOGS_EXPORTER'] ??= 'none';
  if (!isExporting()) env['OTEL_TRACES_SAMPLER'] ??= 'parentbased_always_off';
  new NodeSDK({
    ...(!isExporting() && { spanProcessors: nowhere }),
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url }) => isOperational(url),
        applyCustomAttributesOnSpan: cleanAttributes,
      }),
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    ],
  }).start();
}

try {
  Object.assign(env, exporterVariables(env));
  start();
} catch (error) {
  // Loaded only now: what it imports is patched when it is first required.
  const { failWith } = await import('./failure.js');
  failWith(error, 'tracing did not start');
}
