import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** A service in small: it answers a request, logs, works in spans of its own, and flushes at its end. */
const PROGRAM = `
  import { createServer, get } from 'node:http';
  import { activeTraceparent, flushTraces, inSpan, logger, withCorrelationId } from '@edgeflow/telemetry';
  import { systemClock } from '@edgeflow/runtime';
  const answer = (_request, response) => {
    withCorrelationId('r-1', () => logger.info('handled'));
    response.end(activeTraceparent() ?? 'untraced');
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  const headers = { traceparent: process.env.PARENT };
  const ask = (path) => new Promise((resolve) => get({ port, path, headers }, (response) => response.on('data', resolve)));
  const told = String(await ask('/shoes'));
  await ask('/readyz');
  const event = await inSpan('fold', { parent: told }, () => activeTraceparent());
  await inSpan('broken', { parent: told }, () => { throw new Error('no laces'); }).catch(() => undefined);
  server.close();
  server.closeAllConnections();
  await flushTraces(systemClock);
  console.log(JSON.stringify({ told, event }));
`;
const TRACE = '0af7651916cd43dd8448eb211c80319c';

interface SentSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  status: { code?: number; message?: string };
}

interface Sent {
  path: string | undefined;
  type: string | undefined;
  body: string;
}

let collector: Server;
let endpoint: string;
let sent: Sent[] = [];

beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      sent.push({ path: request.url, type: request.headers['content-type'], body: String(Buffer.concat(chunks)) });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});

afterAll(() => collector.close());
beforeEach(() => (sent = []));

interface Outcome {
  told: string;
  event: string;
  logs: Record<string, unknown>[];
  noise: string;
}

/** Runs the program on the built package, as services do. */
async function run(env: Record<string, string>): Promise<Outcome> {
  const args = ['--import', '@edgeflow/telemetry/otel', '--input-type=module', '-e', PROGRAM];
  const options = {
    timeout: 30_000,
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'], PARENT: `00-${TRACE}-b7ad6b7169203331-01`, ...env },
  };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const told = lines.find((line) => 'told' in line) as { told: string; event: string };
  return { ...told, logs: lines.filter((line) => 'level' in line), noise: stderr };
}

function spans(): SentSpan[] {
  const bodies = sent.map(
    ({ body }) => JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] },
  );
  return bodies.flatMap(({ resourceSpans }) => resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)));
}

describe('tracing without an exporter', () => {
  it('makes and passes on trace ids, and says nothing', async () => {
    const { told, event, logs, noise } = await run({ PARENT: '' });
    const [, trace] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-0[01]$/.exec(told) ?? [];
    expect(event).toContain(`-${trace}-`);
    expect(logs[0]).toMatchObject({ msg: 'handled', trace_id: trace, correlation_id: 'r-1' });
    expect(noise).toBe('');
    expect(sent).toEqual([]);
  });

  it('goes on with the trace of the caller', async () => {
    expect((await run({})).told).toMatch(new RegExp(`^00-${TRACE}-`));
  });
});

describe('tracing to a collector', () => {
  it('sends one trace from the request to the fold, without the probes', async () => {
    await run({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
    expect(sent[0]).toMatchObject({ path: '/v1/traces', type: 'application/json' });
    const ours = spans().filter(({ traceId }) => traceId === TRACE);
    const server = ours.find(({ parentSpanId }) => parentSpanId === 'b7ad6b7169203331');
    expect(ours.map(({ name }) => name).sort()).toEqual(['GET', 'broken', 'fold']);
    expect(ours.find(({ name }) => name === 'fold')?.parentSpanId).toBe(server?.spanId);
  });

  it('records what a span failed with', async () => {
    await run({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
    expect(spans().find(({ name }) => name === 'broken')?.status).toEqual({ code: 2, message: 'no laces' });
  });

  it('speaks protobuf unless it is told otherwise', async () => {
    await run({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    expect(sent[0]).toMatchObject({ path: '/v1/traces', type: 'application/x-protobuf' });
  });

  it('takes the way to the collector from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeflow-otel-'));
    const file = join(folder, 'endpoint');
    await writeFile(file, `${endpoint}\n`);
    await run({ OTEL_EXPORTER_OTLP_ENDPOINT_FILE: file });
    await rm(folder, { recursive: true });
    expect(sent[0]).toMatchObject({ path: '/v1/traces' });
  });

  it('ends with 78 and the name of what is wrong, before anything starts', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318/hunter2', OTEL_EXPORTER_OTLP_PROTOCOL: 'udp' };
    const failed = (await run(env).catch((error: unknown) => error)) as { code: number; stderr: string };
    expect(failed.code).toBe(78);
    expect(failed.stderr.trim().split('\n')).toEqual([
      expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT is wrong'),
      expect.stringContaining('OTEL_EXPORTER_OTLP_PROTOCOL is wrong'),
    ]);
    expect(failed.stderr).not.toContain('hunter2');
  });

  it('does not fail the service when the collector is away', async () => {
    const { told, noise, logs } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect(logs.at(-1)).toMatchObject({ level: 'warn', msg: 'the last spans were not delivered' });
    expect(told).toContain(TRACE);
    expect(noise).toBe('');
  });
});
