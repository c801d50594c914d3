import {
  Inject,
  Injectable,
  ServiceUnavailableException,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { messageOf } from '@edgeflow/contracts/plain';
import { Clock } from '@edgeflow/runtime';
import { Dependency } from './dependency.js';
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
  /**
   * Of what the service stands on: the code that callers are refused with while it is away. It is asked all the time then, not only when
   * somebody wants to know whether the service is ready: a metric has the last answer, and the log has a line when an outage begins and one when it ends.
   */
  code?: string;
  check(): Promise<Degraded | undefined | void>;
}

export interface ReadinessReport {
  ready: boolean;
  /** What each check says, and why it failed, in the form of @nestjs/terminus. */
  report: HealthCheckResult;
}

/** Time limit of one check in milliseconds: of a dependency it is the one that ends first, and says more. */
const CHECK_LIMIT_MS = 3_000;
/** Injection token of the service's checks. */
export const READINESS_CHECKS = Symbol('readiness checks');

/** @returns the reason of a service that is degraded @throws Error with the reason of one that is not ready */
async function runSafely(check: ReadinessCheck): Promise<string | undefined> {
  try {
    const outcome = await check.check();
    return outcome instanceof Degraded ? redactString(outcome.message) : undefined;
  } catch (error) {
    // The answer is public: an error's message may name a URL with a password in it.
    const reason = redactString(messageOf(error));
    if (error instanceof Degraded) return reason;
    throw new Error(reason, { cause: error });
  }
}

/** Says whether this service can do its work now. */
@Injectable()
export class Readiness implements OnApplicationBootstrap, OnModuleDestroy {
  private stopping = false;
  private readonly dependencies: Dependency[] = [];
  private readonly checks: ReadinessCheck[];

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicator: HealthIndicatorService,
    @Inject(READINESS_CHECKS) checks: ReadinessCheck[],
    private readonly clock: Clock,
  ) {
    this.checks = checks.map((check) => this.watched(check));
  }

  onApplicationBootstrap(): void {
    for (const dependency of this.dependencies) dependency.start();
  }

  onModuleDestroy(): void {
    for (const dependency of this.dependencies) dependency.stop();
  }

  /** From now on the service says that it is not ready, so that no new work is sent to it. */
  stop(): void {
    this.stopping = true;
  }

  /** Runs all checks at once, each for three seconds at most. Ready is also who is `degraded`, which the report says. */
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

  /** The check itself; of a dependency by way of what watches it. */
  private watched(check: ReadinessCheck): ReadinessCheck {
    const { name, code } = check;
    if (code === undefined) return check;
    const dependency = new Dependency({ name, code, ask: () => check.check() }, this.clock);
    this.dependencies.push(dependency);
    return {
      name,
      check: async () => {
        const slow = await dependency.check();
        return slow === undefined ? undefined : new Degraded(slow);
      },
    };
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
