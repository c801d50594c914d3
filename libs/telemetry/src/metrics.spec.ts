import { describe, expect, it } from 'vitest';
import { collectProcessMetrics, counter, gauge, histogram, metrics } from './metrics.js';

describe('a metric that is declared twice', () => {
  it('is one counter', async () => {
    counter({ name: 'edgeflow_shoes_total', help: 'Shoes.', labelNames: ['size'] }).inc({ size: '42' });
    counter({ name: 'edgeflow_shoes_total', help: 'Shoes.', labelNames: ['size'] }).inc({ size: '42' }, 2);
    expect(await metrics.getSingleMetricAsString('edgeflow_shoes_total')).toContain(
      'edgeflow_shoes_total{size="42"} 3',
    );
  });

  it('is one gauge, read at the scrape', async () => {
    let open = 1;
    const declare = () =>
      gauge({
        name: 'edgeflow_open',
        help: 'Open.',
        collect() {
          this.set(open);
        },
      });
    expect(declare()).toBe(declare());
    open = 7;
    expect(await metrics.getSingleMetricAsString('edgeflow_open')).toContain('edgeflow_open 7');
  });

  it('is one histogram', async () => {
    const declare = () => histogram({ name: 'edgeflow_wait_seconds', help: 'Wait.', buckets: [1, 2] });
    declare().observe(1.5);
    declare().observe(3);
    const text = await metrics.getSingleMetricAsString('edgeflow_wait_seconds');
    expect(text).toContain('edgeflow_wait_seconds_bucket{le="2"} 1');
    expect(text).toContain('edgeflow_wait_seconds_count 2');
  });

  it('does not break the process metrics', () => {
    collectProcessMetrics();
    collectProcessMetrics();
    expect(metrics.getSingleMetric('nodejs_eventloop_lag_seconds')).toBeDefined();
  });
});
