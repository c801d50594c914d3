/** What a client takes from the machine that it runs on; a `Machine` of libs/runtime is one. */
export interface Platform {
  clock: {
    /** Resolves after so long, in milliseconds, or when `signal` fires. */
    sleep(ms: number, how: { signal: AbortSignal }): Promise<void>;
  };
  entropy: {
    /** A UUID of version 4. */
    uuid(): string;
  };
}

/** The browser's, or Node's. */
export const ownPlatform: Platform = {
  clock: {
    sleep: (ms, { signal }) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const over = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', over);
          resolve();
        };
        const timer = setTimeout(over, ms);
        signal.addEventListener('abort', over);
      }),
  },
  entropy: { uuid: () => crypto.randomUUID() },
};
