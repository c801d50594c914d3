import { given } from '@edgeflow/contracts';
import type { Stop } from '@edgeflow/runtime';
import type { DeviceBudget } from './device-budgets.js';
import type { Ending } from './ending.js';
import type { Admitted, SharedLog } from './join-session.js';
import { atOnce, pace, paceDueAt, paceOn, type Paced, type PacedStep } from './paced-reports.js';
import {
  connectedEvent,
  disconnectedEvent,
  failedEvent,
  postponedEvent,
  progressEvent,
  versionEvent,
  type AuthorizedSession,
} from './session.events.js';
import type { EffectOf, ReportEffect } from './session.state.js';
import type { DeviceHello } from './device-frame.js';
import { StreamWriter, type Write } from './stream-writer.js';

/** What says that the session is there: the newest says it all. */
const LEASE = 'lease';

/** Has what one session says written to its device's stream, reports as the device's budget allows. */
export class SessionReports {
  private waiting: readonly ReportEffect[] = [];
  private stopWaiting: Stop | undefined;
  private writer: StreamWriter | undefined;
  /** What was written besides the hello and the goodbye. */
  private written = 0;

  constructor(
    private readonly shared: SharedLog,
    private readonly session: AuthorizedSession,
    private readonly budget: DeviceBudget,
  ) {}

  /** The session has joined, having seen the stream up to `seen`, and written what is there. @param onOusted told, at most once, why it must end */
  open({ seen, written }: Pick<Admitted, 'seen' | 'written'>, onOusted: (ending: Ending) => void): void {
    this.writer = new StreamWriter(this.shared, this.session, { seen, written }, onOusted);
  }

  take(report: ReportEffect): void {
    this.step((paced, per_minute, at) => pace(paced, report, per_minute, at));
  }

  /** Says that the session is still there, before the log forgets it. What the device said last is said with it. */
  renewLease(hello: DeviceHello): void {
    this.writer?.write({
      event: connectedEvent(this.session, hello, this.now(), (this.written += 1)),
      latest: LEASE,
    });
  }

  /** The session ends: what waits is written now, and then the goodbye. */
  leave({ ending, untold }: EffectOf<'leave'>): void {
    this.step(atOnce);
    const goodbye = { ...ending, ...given({ untold }) };
    this.writer?.write({ event: disconnectedEvent(this.session, goodbye, this.now()), outlives: true });
  }

  /** True when nothing up to there stands in the device's stream that it does not know of. */
  knows(position: number): boolean {
    return this.writer?.knows(position) === true;
  }

  /** Looks whether somebody else wrote to the stream. @throws Refused `log-unavailable` */
  async verify(): Promise<void> {
    await this.writer?.verify();
  }

  /** Settles when everything taken so far is stored or dropped. */
  async idle(): Promise<void> {
    await this.writer?.idle();
  }

  private step(next: (paced: Paced, per_minute: number, at: number) => PacedStep): void {
    const { budget, waiting } = this;
    const { clock } = this.shared.machine;
    const { paced, write } = next({ allowance: budget.allowance, waiting }, budget.per_minute, clock.steady_ms());
    budget.allowance = paced.allowance;
    this.waiting = paced.waiting;
    for (const report of write) this.writer?.write(writeOf(this.session, report, (this.written += 1), this.now()));
    this.stopWaiting?.();
    const due = paceDueAt(paced, budget.per_minute);
    if (due === undefined) return;
    const wait_ms = Math.max(1, due - clock.steady_ms());
    this.stopWaiting = clock.after(wait_ms, () => this.step(paceOn), { ref: false });
  }

  /** The log's time, for what is written. */
  private now(): string {
    return this.shared.log.clock.now().toISOString();
  }
}

/**
 * What a report becomes in the device's stream. The trace of the dispatch goes on in it.
 * @param nth which report of this session it is; its id is made from that
 */
function writeOf(session: AuthorizedSession, report: ReportEffect, nth: number, time: string): Write {
  const parent = report.dispatch?.traceparent;
  switch (report.type) {
    case 'report-version':
      if (!report.lasting) return { event: connectedEvent(session, report.hello, time, nth), latest: LEASE };
      return { event: versionEvent(session, report, nth, time), parent };
    case 'report-progress': {
      const event = progressEvent(session, report.dispatch, report.point, nth, time);
      // While the log is away only the newest point is kept: the phases before it are known from it.
      return { event, parent, latest: event.data.update_id };
    }
    case 'report-postponed':
      return { event: postponedEvent(session, report, nth, time), parent, outlives: true };
    case 'report-failed': {
      const { code, message, reported_by } = report;
      return {
        event: failedEvent(session, report.dispatch, { code, message, reported_by }, time),
        parent,
        outlives: true,
      };
    }
  }
}
