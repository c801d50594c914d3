/** What the agent logs to; pino has this shape. Fields first, then the sentence. */
export interface AgentLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const nothing = (): void => undefined;

/** Logs nothing: for thousands of devices in one process. */
export const silentLog: AgentLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };
