import type { EventLog } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import { isOutage, outlasting } from '../../back-off.js';
import { GOODBYES_MS, type Sessions } from '../../session/sessions.js';
import type { HeldLease } from '../lease/held-lease.js';
import type { LastGoodbye } from './last-goodbye.js';
import { RESTARTED, recoverPresence } from './recovery.js';

/**
 * Says goodbye for the sessions that the process before held under this id, while devices come already: to find them it reads the newest presence of all
 * devices, which takes longer the more there are. Nothing where that process gave its id back, since it had said them all.
 */
export class FormerSessions {
  private isStopped = false;
  private isDone: boolean;
  private readonly saying: Promise<void>;

  constructor(
    private readonly log: EventLog,
    private readonly lease: HeldLease,
    private readonly goodbyes: LastGoodbye,
    private readonly sessions: Pick<Sessions, 'has'>,
    private readonly machine: Machine,
  ) {
    this.isDone = lease.isClean;
    this.saying = this.isDone ? Promise.resolve() : this.say();
  }

  /** True until they are all said: whoever stops before keeps its id, for others to find it lost. */
  get isOwing(): boolean {
    return !this.isDone;
  }

  /** Waits until they are said, 8 s at most. */
  async stop(): Promise<void> {
    await Promise.race([this.saying, this.machine.clock.sleep(GOODBYES_MS, { ref: false })]);
    this.isStopped = true;
  }

  private async say(): Promise<void> {
    const { log, lease, goodbyes, sessions, machine } = this;
    const isHere = (session_id: string): boolean => sessions.has(session_id);
    const how = { reason: RESTARTED, isOurs: lease.isOurs, isHere, goodbyes };
    const wanted = (): boolean => !this.isStopped;
    try {
      const said = await outlasting(() => recoverPresence(log, lease.gateway_id, how), { wanted }, machine);
      this.isDone = said !== undefined;
    } catch (error) {
      const about = { err: error, gateway_id: lease.gateway_id };
      if (!isOutage(error)) logger.error(about, 'the tunnels that this gateway had before have no goodbyes yet');
    }
  }
}
