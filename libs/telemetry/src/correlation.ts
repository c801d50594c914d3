import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/** The correlation id of the work that runs now: one request, or one event and what it causes. */
export function correlationId(): string | undefined {
  return current.getStore();
}

/** Runs `work` under a correlation id: every log line written inside carries it. */
export function withCorrelationId<T>(id: string, work: () => T): T {
  return current.run(id, work);
}
