import { Inject, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { redactString } from './redaction.js';

/** One thing a service cannot work without, e.g. `nats`. `check` throws when it is away; the message says why. */
export interface ReadinessCheck {
  name: string;
  check(): Promise<void>;
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

async function runSafely(check: ReadinessCheck): Promise<void> {
  try {
    await check.check();
  } catch (error) {
    // The answer is public: an error's message may name a URL with a password in it.
    throw new Error(redactString(error instanceof Error ? error.message : String(error)), { cause: error });
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

  /** Runs all checks at once, each for two seconds at most. */
  async report(): Promise<ReadinessReport> {
    if (this.stopping) return { ready: false, report: { status: 'shutting_down', details: {} } };
    const attempts = this.checks.map((check) =>
      this.indicator
        .check(check.name)
        .attempt(() => runSafely(check))
        .withTimeout(CHECK_LIMIT_MS),
    );
    try {
      return { ready: true, report: await this.health.check(attempts) };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { ready: false, report: error.getResponse() as HealthCheckResult };
    }
  }
}
