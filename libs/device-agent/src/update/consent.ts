import { messageOf } from '@edgeflow/contracts';
import type { AgentLog } from '../log.js';
import { isSamePlan, type Plan } from './update.state.js';

/** What somebody at the device says to an update: now, later, or not at all. */
export type Consent =
  | { answer: 'now' }
  /** Ask again in so many seconds, 1 to 604,800. */
  | { answer: 'later'; for_s: number; reason?: string }
  | { answer: 'never'; message: string };

/** Asks somebody at the device. It may take as long as it likes; the signal aborts when the answer is not wanted any more. */
export type AskConsent = (plan: Plan, signal: AbortSignal) => Promise<Consent>;

interface ConsentOptions {
  ask: AskConsent;
  /** @throws when the device would not install the plan in any case: then nobody is asked */
  admit(plan: Plan): Promise<unknown>;
  answered(plan: Plan, consent: Consent): void;
  /** Aborted when the agent stops. */
  stopping: AbortSignal;
  log: AgentLog;
}

/** Without an answer somebody is asked again after so many seconds. */
const UNANSWERED_S = 3_600;

/** Asks about one update at a time, the newest that was offered, and once however often that is told. */
export class ConsentAsker {
  private asking: { plan: Plan; controller: AbortController } | undefined;

  constructor(private readonly options: ConsentOptions) {}

  /** Somebody is asked; the answer comes later. */
  about(plan: Plan): void {
    if (this.asking && isSamePlan(this.asking.plan, plan)) return;
    this.asking?.controller.abort();
    const controller = new AbortController();
    this.asking = { plan, controller };
    const signal = AbortSignal.any([controller.signal, this.options.stopping]);
    void this.ask(plan, signal).then((consent) => {
      if (signal.aborted) return;
      this.asking = undefined;
      this.options.answered(plan, consent);
    });
  }

  /** The update is withdrawn: nobody needs to answer. */
  forget(update_id: string): void {
    if (this.asking?.plan.update_id !== update_id) return;
    this.asking.controller.abort();
    this.asking = undefined;
  }

  private async ask(plan: Plan, signal: AbortSignal): Promise<Consent> {
    const { admit, ask, log } = this.options;
    const isAdmitted = await admit(plan).then(
      () => true,
      () => false,
    );
    // What is wrong with it is said where it is begun.
    if (!isAdmitted) return { answer: 'now' };
    log.info({ update_id: plan.update_id, version: plan.version }, 'somebody is asked whether to update');
    return ask(plan, signal).catch((error: unknown): Consent => {
      if (!signal.aborted) log.error({ reason: messageOf(error) }, 'nobody could be asked; it is tried again later');
      return { answer: 'later', for_s: UNANSWERED_S };
    });
  }
}
