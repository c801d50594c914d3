import { Inject, Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { redactString } from './redaction.js';

/**
 * What a check gives back, or throws, for a service that does its work and yet needs somebody to look: it stays ready, and says so.
 * As an error it may come from deep inside a check.
 */
export class Degraded extends Error {
  override readonly name = 'Degraded';
}

/** One thing a service cannot work without, e.g. `nats`. `check` throws when it is away; the message says why. */
export interface ReadinessCheck {
  name: string;
  check(): Promise<Degraded | undefined | void>;
}

export interface ReadinessReport {
  ready: boolean;
  /** What each check says, and why it failed, in the form of @nestjs/terminus. */
  report: HealthCheckResult;
}

/** Time limit of one check in milliseconds: shorter than the usual probe's, so that the answer names the culprit. */
const CHECK_LIMIT_MS = 2000;
/** Injection token of the service's checks. */
export const READINESS_CHECKS = Symbol('readiness checks');

/** @returns the reason of a service that is degraded @throws Error with the reason of one that is not ready */
async function runSafely(check: ReadinessCheck): Promise<string | undefined> {
  try {
    const outcome = await check.check();
    return outcome instanceof Degraded ? redactString(outcome.message) : undefined;
  } catch (error) {
    // The answer is public: an error's message may name a URL with a password in it.
    const reason = redactString(error instanceof Error ? error.message : String(error));
    if (error instanceof Degraded) return reason;
    throw new Error(reason, { cause: error });
  }
}

/** Says whether this service can do its work now. */
@Injectable()
export class Readiness {
  private stopping = false;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicator: HealthIndicatorService,
    @Inject(READINESS_CHECKS) private readonly checks: ReadinessCheck[],
  ) {}

  /** From now on the service says that it is not ready, so that no new work is sent to it. */
  stop(): void {
    this.stopping = true;
  }

  /** Runs all checks at once, each for two seconds at most. Ready is also who is `degraded`, which the report says. */
  async report(): Promise<ReadinessReport> {
    if (this.stopping) return { ready: false, report: { status: 'shutting_down', details: {} } };
    const attempts = this.checks.map((check) => () => this.resultOf(check));
    try {
      return { ready: true, report: await this.health.check(attempts) };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { ready: false, report: error.getResponse() as HealthCheckResult };
    }
  }
  private async resultOf(check: ReadinessCheck): Promise<HealthIndicatorResult> {
    const session = this.indicator.check(check.name);
    let reason: string | undefined;
    const attempt = session.attempt(async () => {
      reason = await runSafely(check);
    });
    const result = await attempt.withTimeout(CHECK_LIMIT_MS);
    return reason === undefined ? result : session.degraded(reason);
  }
}
