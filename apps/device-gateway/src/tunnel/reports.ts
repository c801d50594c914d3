import type { Write } from './lane-writer.js';
import { connectedEvent, failedEvent, progressEvent, versionEvent, type TunnelIdentity } from './tunnel.events.js';
import type { Effect } from './tunnel.state.js';

/** What says that the tunnel is there: the newest says it all. */
export const LEASE = 'lease';

export type ReportEffect = Extract<Effect, { type: 'report-version' | 'report-progress' | 'report-failed' }>;

/**
 * What a report becomes in the device's lane. The trace of the dispatch goes on in it.
 * @param nth which report of this tunnel it is; its id is made from that
 */
export function writeOf(tunnel: TunnelIdentity, report: ReportEffect, nth: number, time: string): Write {
  const parent = report.dispatch?.traceparent;
  switch (report.type) {
    case 'report-version':
      if (!report.lasting) return { event: connectedEvent(tunnel, report.hello, time, nth), latest: LEASE };
      return { event: versionEvent(tunnel, report, nth, time), parent };
    case 'report-progress': {
      const event = progressEvent(tunnel, report.dispatch, report.point, nth, time);
      // While the log is away only the newest point of a phase is kept; that a phase began is never lost.
      return { event, parent, latest: `${event.data.update_id} ${event.data.phase}` };
    }
    case 'report-failed': {
      const { code, message, reported_by } = report;
      return {
        event: failedEvent(tunnel, report.dispatch, { code, message, reported_by }, time),
        parent,
        outlives: true,
      };
    }
  }
}
