/** Whom a decision is about. */
export interface About {
  /** The client's node. */
  node: string;
  /** The subject of a message, or the call of the API and the stream: `direct.getMessage OTA`. */
  what: string;
}

/**
 * Something that takes its time: a message on its way, either way; an answer of the API, which others may overtake; the agreement of a
 * cluster that has lost its leader; what outlives its lease; a new attempt to connect; the first copy of what was sent again.
 */
export type Step = 'to-server' | 'to-client' | 'answer' | 'quorum' | 'expiry' | 'reconnect' | 'again';

/**
 * Something that goes wrong. `request-lost`: nobody gets it. `answer-lost`: it is done, and nobody hears of it. `held`: the leader has no
 * quorum; for the time of the step `quorum` it neither stores nor forgets what comes, and says nothing. `held-lost`: another leader forgets it
 * all then, instead of storing it. `hint-lost`, `republish-lost`: what a subscription would have heard. `delivery-lost`: what a consumer
 * sends; it comes again when its acknowledgement is overdue. `ack-lost`. `acks-forgotten`: a server that was killed does not know any more
 * what a consumer of its has delivered. `sent-late`: what was published while the connection was away is
 * sent when it is back, and not dropped. `sent-again`: what is published under an id was sent before, over a connection that its client has given
 * up, and arrives by that one as well, after the time of the step `again`: nobody hears of the answer.
 */
export type Fault =
  | 'request-lost'
  | 'answer-lost'
  | 'held'
  | 'held-lost'
  | 'hint-lost'
  | 'republish-lost'
  | 'delivery-lost'
  | 'ack-lost'
  | 'acks-forgotten'
  | 'sent-late'
  | 'sent-again';

/** An error of the JetStream API. */
export interface ApiRefusal {
  code: number;
  err_code: number;
  description: string;
}

/** What the server says instead of doing what it was asked; `no-responders` while JetStream is away. */
export type Refusal = ApiRefusal | 'no-responders';

/** What goes wrong in a memory log, and what takes time. Asked at each decision, so that whoever answers from a seed answers the same again. */
export interface MemoryLogFaults {
  /** How long a step takes, in milliseconds. */
  delay_ms(step: Step, about: About): number;
  /** Whether something goes wrong now. */
  strikes(fault: Fault, about: About): boolean;
  /** What the server refuses now; undefined for what it takes. */
  refuses(about: About): Refusal | undefined;
  /** By how many messages the replica is behind that answers a direct get. */
  behind(about: About): number;
}

/** Nothing goes wrong, and nothing takes time but a new attempt to connect. */
export const noFaults: MemoryLogFaults = {
  delay_ms: (step) => (step === 'reconnect' ? 250 : 0),
  strikes: () => false,
  refuses: () => undefined,
  behind: () => 0,
};
