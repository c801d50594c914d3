import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SpanKind, type SpanContext } from '@opentelemetry/api';
import { reported, revoked } from '../events.fixture.js';
import { inAppendSpan } from './spans.js';

const ended: { name: string; kind: SpanKind; spanContext: () => SpanContext }[] = [];
const nothing = (): Promise<void> => Promise.resolve();
const processor = {
  onStart: nothing,
  onEnd: (span: (typeof ended)[0]) => ended.push(span),
  forceFlush: nothing,
  shutdown: nothing,
};
const sdk = new NodeSDK({ spanProcessors: [processor], instrumentations: [] });
beforeAll(() => sdk.start());
afterAll(() => sdk.shutdown());

describe('the span of an append', () => {
  it('passes its context to the events that have none', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const known = { ...revoked('d', 'known'), traceparent };
    const traced = await inAppendSpan([known, reported('d', 'new')], (events) => Promise.resolve(events));
    const [span] = ended;
    const { traceId, spanId } = span!.spanContext();
    expect(traced.map((event) => event.traceparent)).toEqual([traceparent, `00-${traceId}-${spanId}-01`]);
    expect(span).toMatchObject({ name: 'append DeviceRevoked,DeviceProgressReported', kind: SpanKind.PRODUCER });
  });
});
