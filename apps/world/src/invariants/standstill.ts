/** How a service stands at a moment. */
export interface Look {
  at_ms: number;
  /** Where the log ends. */
  end: number;
  /** How far the service has come. */
  position: number;
  isReady: boolean;
}

/** A service that does not move while something is due says that it is not ready. */
export class Standstill {
  private stuck: Look | undefined;

  /** @param patience_ms for so long it may be behind without a move, and say nothing */
  constructor(
    private readonly service: string,
    private readonly patience_ms: number,
  ) {}

  /** One more look at it. @returns what is wrong, a line */
  look(now: Look): string[] {
    const { service, stuck, patience_ms } = this;
    if (now.position >= now.end || now.isReady === false || now.position !== stuck?.position) {
      this.stuck = now.position < now.end && now.isReady ? now : undefined;
      return [];
    }
    const stood_ms = now.at_ms - stuck.at_ms;
    if (stood_ms <= patience_ms) return [];
    this.stuck = now;
    return [
      `${service} has stood at ${now.position} of ${now.end} for ${stood_ms / 1000} s, and says that it is ready`,
    ];
  }

  /** It is another process now. */
  restarted(): void {
    this.stuck = undefined;
  }
}
