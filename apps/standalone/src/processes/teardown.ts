/** What has been started so far, to be stopped in the reverse order. */
export class Teardown {
  private readonly steps: (() => Promise<void> | void)[] = [];

  /** Notes how to stop what was just started. */
  add(step: () => Promise<void> | void): void {
    this.steps.push(step);
  }

  /** Stops everything, the newest first; a step that fails does not keep the others from being taken. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      await Promise.resolve()
        .then(step)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything stopped in good order');
  }
}
