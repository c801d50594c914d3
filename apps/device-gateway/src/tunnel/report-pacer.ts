import type { DeviceBudget } from './device-budgets.js';
import { atOnce, pace, paceDueAt, paceOn, type Paced, type PacedStep } from './paced-reports.js';
import type { ReportEffect } from './reports.js';

/** Has the reports of one tunnel written as its device's budget allows. */
export class ReportPacer {
  private waiting: readonly ReportEffect[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly budget: DeviceBudget,
    private readonly write: (report: ReportEffect) => void,
  ) {}

  take(report: ReportEffect): void {
    this.step((paced, per_minute, at) => pace(paced, report, per_minute, at));
  }

  /** The tunnel ends: what waits is written now. */
  end(): void {
    this.step(atOnce);
  }

  private step(next: (paced: Paced, per_minute: number, at: number) => PacedStep): void {
    const { budget, waiting } = this;
    const { paced, write } = next({ allowance: budget.allowance, waiting }, budget.per_minute, Date.now());
    budget.allowance = paced.allowance;
    this.waiting = paced.waiting;
    for (const report of write) this.write(report);
    clearTimeout(this.timer);
    const due = paceDueAt(paced, budget.per_minute);
    if (due === undefined) return;
    this.timer = setTimeout(() => this.step(paceOn), Math.max(1, due - Date.now()));
    this.timer.unref();
  }
}
