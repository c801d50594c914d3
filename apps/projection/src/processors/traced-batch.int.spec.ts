import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inSpan } from '@edgeflow/telemetry';
import { history, storyOf } from '../testing/device-story.fixture.js';
import { tracedBatch } from './traced-batch.js';

type Ended = Parameters<NonNullable<NodeSDKConfiguration['spanProcessors']>[number]['onEnd']>[0];

const device = storyOf('dev_1');
const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)];
const [APPEND_ONE, APPEND_TWO] = ['a'.repeat(16), 'b'.repeat(16)];
const [untraced, one, two] = history(
  device.registered(),
  { ...device.queued(1, '1.1.0'), traceparent: `00-${ONE}-${APPEND_ONE}-01` },
  { ...device.runs('1.1.0'), traceparent: `00-${TWO}-${APPEND_TWO}-01` },
);

let ended: Ended[] = [];
const sdk = new NodeSDK({
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: (span) => void ended.push(span),
      forceFlush: async () => undefined,
      shutdown: async () => undefined,
    },
  ],
});

beforeAll(() => {
  process.env['OTEL_METRICS_EXPORTER'] = 'none';
  process.env['OTEL_LOGS_EXPORTER'] = 'none';
  sdk.start();
});
beforeEach(() => {
  ended = [];
});
afterAll(() => sdk.shutdown());

const insert = (): Promise<void> => inSpan('INSERT', {}, async () => undefined);
const lines = (): unknown[] =>
  ended.map((span) => [span.name, span.spanContext().traceId, span.parentSpanContext?.spanId]);
const idOf = (name: string) => ended.find((span) => span.name === name)?.spanContext().spanId;

describe('a batch of one event', () => {
  it('continues the trace of the append down to the query', async () => {
    await tracedBatch([one!], insert);
    expect(lines()).toEqual([
      ['INSERT', ONE, idOf('fold UpdateQueued')],
      ['fold UpdateQueued', ONE, APPEND_ONE],
    ]);
  });

  it('makes no span when nothing was traced, or its trace is not kept', async () => {
    await tracedBatch([untraced!, { ...one!, traceparent: `00-${ONE}-${APPEND_ONE}-00` }], async () => undefined);
    expect(lines()).toEqual([]);
  });
});

describe('a batch of several events', () => {
  it('has one span in the trace of each', async () => {
    await tracedBatch([untraced!, one!, two!], insert);
    expect(lines()).toEqual(
      expect.arrayContaining([
        ['INSERT', ONE, idOf('fold UpdateQueued')],
        ['fold UpdateQueued', ONE, APPEND_ONE],
        ['fold DeviceVersionReported', TWO, APPEND_TWO],
      ]),
    );
    expect(ended).toHaveLength(3);
  });

  it('fails as its work fails, and every span says so', async () => {
    const broken = tracedBatch([one!, two!], () => Promise.reject(new Error('no connection')));
    await expect(broken).rejects.toThrow('no connection');
    await expect.poll(() => ended.map(({ status }) => status.message)).toEqual(['no connection', 'no connection']);
  });
});
