import { noTrust, type Trust } from './trust.js';

/** Where a trust is kept. */
export interface TrustStorage {
  /** @returns undefined for a device that has none yet @throws when there is one and it cannot be read: then nothing may be installed */
  load(): Promise<Trust | undefined>;
  /** Durable when it returns. */
  save(trust: Trust): Promise<void>;
}

/** In memory, for simulators: gone with the process. */
const nowhere: TrustStorage = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() };

/** The trust of one device: read once, changed one after the other, and kept before a change counts. */
export class TrustStore {
  private queue: Promise<unknown> = Promise.resolve();
  private trust: Trust | undefined;

  constructor(private readonly storage: TrustStorage = nowhere) {}

  /** The trust after all changes so far. */
  current(): Promise<Trust> {
    return this.change((trust) => trust);
  }

  /** Resolves when every change so far is stored, or has failed: whoever changes the same storage next finds it whole. */
  async settled(): Promise<void> {
    await this.queue;
  }

  /** Changes the trust; the same one back is no change. @throws what the storage throws: then nothing has changed */
  change(how: (trust: Trust) => Trust | Promise<Trust>): Promise<Trust> {
    const changed = this.queue.then(async () => {
      const before = (this.trust ??= (await this.storage.load()) ?? noTrust);
      const after = await how(before);
      if (after !== before) await this.storage.save(after);
      return (this.trust = after);
    });
    this.queue = changed.catch(() => undefined);
    return changed;
  }
}
