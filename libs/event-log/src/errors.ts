import { NATS_ADVISORIES, NATS_FLOOR, Refused } from '@edgeflow/contracts';

/** Somebody wrote to these streams after the caller had looked, or what it saw there has run out. Read them again, decide again. */
export class Conflict extends Refused {
  /** @param streams subjects of the streams whose expectation did not hold; of a batch the server may name only the first */
  constructor(readonly streams: readonly string[]) {
    super('conflict', undefined, { lanes: streams });
  }
}

/** Some events of a batch are in the log already, so nothing was stored: an earlier attempt went through. Read the streams. */
export class AlreadyAppended extends Refused {
  constructor(readonly streams: readonly string[]) {
    super('conflict', 'an event of the batch is in the log already', { lanes: streams });
  }
}

/** The server lacks what EdgeFlow stands on (ADR-0002), or an advisory that concerns us is open in it (docs/security.md). */
export class ServerTooOld extends Error {
  override readonly name = 'ServerTooOld';

  constructor(
    readonly version: string,
    address: string,
  ) {
    super(
      `nats-server ${version} at ${address}; EdgeFlow needs ${NATS_FLOOR} (why: docs/security.md, ${NATS_ADVISORIES})`,
    );
  }
}

/** NATS lets the user do less than was tried: its rights are in docs/nats-rights.md. */
export class Denied extends Error {
  override readonly name = 'Denied';

  constructor(
    readonly user: string,
    readonly operation: 'publish' | 'subscription' | 'request',
    readonly subject: string,
    options?: { cause?: unknown },
  ) {
    super(
      `NATS denies ${user} the ${operation} on ${subject} (docs/nats-rights.md has what each user may do)`,
      options,
    );
  }
}

/** NATS does not let us in: the user or its password is wrong, or its certificate is not one that we trust. */
export class NotAdmitted extends Error {
  override readonly name = 'NotAdmitted';
}

/** The JetStream stream exists with a setting that cannot be changed and is not ours. */
export class StreamMismatch extends Error {
  override readonly name = 'StreamMismatch';

  constructor(stream: string, detail: string, options?: { cause?: unknown }) {
    super(`stream ${stream}: ${detail}`, options);
  }
}

/** A later follower of the same durable name has taken over. */
export class Displaced extends Error {
  override readonly name = 'Displaced';

  constructor(durable: string) {
    super(`another follower has taken over the durable ${durable}`);
  }
}

/** The log is not the one that a position comes from: the JetStream stream was made anew, or its tail is lost. A human must look. */
export class LogDiverged extends Error {
  override readonly name = 'LogDiverged';
}
