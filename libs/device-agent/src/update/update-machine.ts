import { messageOf } from '@edgeflow/contracts';
import type { DevicePlatform } from '../device-platform.js';
import type { AgentLog } from '../log.js';
import { reduce } from './update.reducer.js';
import { updateIdOf, type Effect, type UpdateEvent, type UpdateState } from './update.state.js';

export interface MachineOptions {
  /** Keeps the journal, which is durable before any effect of a new state. */
  platform: DevicePlatform;
  /** Does or starts an effect; the event that it answers with is taken next. */
  run(effect: Effect): Promise<UpdateEvent | undefined>;
  /** The state could not be kept, so the update cannot go on. */
  onUnsaved(updateId: string, error: unknown): void;
  onState(state: UpdateState): void;
  log: AgentLog;
}

/** Runs the reducer: one event at a time, the journal before the effects. */
export class UpdateMachine {
  private state: UpdateState = { status: 'idle' };
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly options: MachineOptions) {}

  /** Where the update is now. */
  get now(): UpdateState {
    return this.state;
  }

  /** Takes up the journal and what it says is to be done. One that cannot be read is none: the cloud offers its update again. */
  async start(): Promise<void> {
    const { platform, log } = this.options;
    this.state = await platform.loadJournal().catch((error: unknown): UpdateState => {
      log.error({ reason: messageOf(error) }, 'the journal cannot be read, and is begun anew');
      return { status: 'idle' };
    });
    await this.dispatch({ type: 'Started' });
  }

  /**
   * Takes an event after those before it; settles when its effects are done or begun.
   * @param from aborted when whoever sends the event was called off in the meantime: then it does not count
   */
  dispatch(event: UpdateEvent, from?: AbortSignal): Promise<void> {
    this.queue = this.queue
      .then(() => (from?.aborted ? undefined : this.take(event)))
      .catch((error: unknown) =>
        this.options.log.error({ reason: messageOf(error), event: event.type }, 'a step failed'),
      );
    return this.queue;
  }

  /** Settles when every event so far was taken. */
  idle(): Promise<void> {
    return this.queue;
  }

  private async take(event: UpdateEvent): Promise<void> {
    const { state, effects } = reduce(this.state, event);
    const { platform, onUnsaved, run, log } = this.options;
    if (state !== this.state) {
      try {
        await platform.saveJournal(state);
      } catch (error) {
        log.error({ reason: messageOf(error) }, 'the journal cannot be written');
        // A failure is one without its journal, too: it is told, and what it left makes room. After a crash the update begins again.
        if (state.status !== 'failed') return onUnsaved(updateIdOf(state) ?? '', error);
      }
      this.enter(state);
    }
    for (const effect of effects) {
      const answer = await run(effect);
      if (answer) await this.take(answer);
    }
  }

  private enter(state: UpdateState): void {
    const { log, onState } = this.options;
    this.state = state;
    const about = { status: state.status, update_id: updateIdOf(state) };
    if (state.status !== 'failed') log.info(about, 'the update moved on');
    else if (!state.told) log.warn({ ...about, code: state.code, message: state.message }, 'the update failed');
    onState(state);
  }
}
