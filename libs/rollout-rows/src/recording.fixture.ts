import {
  given,
  toEvent,
  type DataOf,
  type EventName,
  type Fact,
  type OtaEvent,
  type RolloutSpec,
  type StoredEvent,
} from '@edgeflow/contracts';
import { rolloutIdOf, wavesOf } from '@edgeflow/rollout';

const START = Date.parse('2026-02-21T12:00:00.000Z');

const entityOf = (type: EventName): OtaEvent['entity'] => {
  if (type.endsWith('Requested')) return 'request';
  return type.startsWith('Update') ? 'update' : 'rollout';
};

/** Where a recorded device stands. */
interface Of {
  device: string;
  attempt?: number;
  rollback?: boolean;
  wave?: number;
}

/** The events of one rollout, in order, written by hand: what the services would have put on the log. */
export class Recording {
  readonly events: OtaEvent[] = [];
  readonly rollout_id: string;

  constructor(
    readonly name: string,
    private readonly org = 'acme',
  ) {
    this.rollout_id = rolloutIdOf(org, name);
  }

  readonly say = (fact: Fact, entity_id = this.rollout_id): this => {
    const id = `evt_${this.org}_${this.name}_${this.events.length}`;
    const time = new Date(START + this.events.length * 1_000).toISOString();
    const about = { id, source: '/spec', time };
    this.events.push(toEvent({ org: this.org, entity: entityOf(fact.type), entity_id }, fact, about));
    return this;
  };

  /** Asked for, accepted, planned for so many devices, and started. */
  started(
    requestedSpec: Partial<RolloutSpec>,
    devices: readonly string[],
    excluded: Record<string, string> = {},
  ): this {
    const spec: RolloutSpec = {
      version: '2.0.0',
      target: { fleet: 'north' },
      strategy: { type: 'all_at_once' },
      ...requestedSpec,
    };
    const { rollout_id } = this;
    const waves = wavesOf(spec.strategy, devices.length);
    const left = Object.entries(excluded).map(([device_id, reason]) => ({ device_id, reason }));
    const counts: Record<string, number> = {};
    for (const { reason } of left) counts[reason] = (counts[reason] ?? 0) + 1;
    this.say({ type: 'RolloutRequested', data: spec }, this.name);
    const plan = { rollout_id, request_id: this.name, spec, waves, eligible: devices.length, excluded: counts };
    this.say({ type: 'RolloutAccepted', data: plan });
    this.planned('forward', devices, { excluded: left });
    this.say({ type: 'RolloutStarted', data: { rollout_id } });
    return this.wave('WaveStarted', 0);
  }

  planned(
    stage: 'forward' | 'rollback',
    devices: readonly string[],
    more: Partial<DataOf<'RolloutDevicesPlanned'>> &
      Omit<DataOf<'RolloutDevicesPlanned'>['devices'][number], 'device_id'> = {},
  ): this {
    const { version, was_excluded, replaces, excluded = [], ...rest } = more;
    const about = given({ version, was_excluded, replaces });
    const planned = devices.map((device_id) => ({ device_id, ...about }));
    const data = { rollout_id: this.rollout_id, stage, devices: planned, excluded, ...rest };
    return this.say({ type: 'RolloutDevicesPlanned', data });
  }

  wave(type: 'WaveStarted' | 'WaveCompleted', wave: number, stage: 'forward' | 'rollback' = 'forward'): this {
    const numbers = { eligible: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
    const data = { rollout_id: this.rollout_id, stage, wave, eligible: 0, numbers };
    return this.say({ type, data } as Fact);
  }

  told(...devices: readonly (string | Of)[]): this {
    for (const of of devices) {
      const data = { ...this.ofUpdate(of), request_id: this.name, from_version: '1.0.0' } as never;
      this.say({ type: 'UpdateQueued', data }, nameOf(of)).say({ type: 'UpdateDispatched', data }, nameOf(of));
    }
    return this;
  }

  ended(
    type: 'UpdateCompleted' | 'UpdateFailed' | 'UpdateCancelled' | 'UpdateSkipped' | 'UpdateRejected',
    of: string | Of,
  ): this {
    const data = {
      ...this.ofUpdate(of),
      request_id: this.name,
      code: 'install-failed',
      detail: 'bad \0 byte',
    } as never;
    return this.say({ type, data }, nameOf(of));
  }

  rolledBack(incomplete: number): this {
    const numbers = { eligible: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
    const data = { rollout_id: this.rollout_id, numbers, unavailable: 0, incomplete };
    return this.say({ type: 'RollbackCompleted', data });
  }

  /** Somebody there wants it later. */
  postponed(of: string | Of): this {
    const until = '2026-02-22T12:00:00.000Z';
    const data = { ...this.ofUpdate(of), until, postponed_s: 60, deadline_at: until, reason: 'on the road' };
    return this.say({ type: 'UpdatePostponed', data }, nameOf(of));
  }

  /** It is told again. */
  toldAgain(of: string | Of): this {
    const data = { ...this.ofUpdate(of), request_id: this.name, from_version: '1.0.0' } as never;
    return this.say({ type: 'UpdateDispatched', data }, nameOf(of));
  }

  /** A request for an action of somebody, and what became of it. */
  acted(
    asked:
      | ('RolloutAbortRequested' | 'RolloutRetryRequested' | 'RollbackRequested')
      | ('RolloutPauseRequested' | 'RolloutSkipRequested'),
    done: 'RolloutAborted' | 'RolloutRetried' | 'RollbackTriggered' | 'RolloutActionRefused' | 'WaveSkipped',
  ): this {
    const { rollout_id } = this;
    const request_id = `req_${this.name}_${this.events.length}`;
    this.say({ type: asked, data: { rollout_id } }, request_id);
    const answer = { rollout_id, cause: 'operator', request_id, action: 'pause', code: 'x', detail: 'x', devices: 0 };
    // `retry` without a wave is of all.
    const of = done === 'WaveSkipped' ? { wave: 0 } : {};
    return this.say({ type: done, data: { ...answer, ...of } as never });
  }

  private ofUpdate(of: string | Of) {
    const { device, attempt = 1, rollback = false, wave = 0 } = typeof of === 'string' ? { device: of } : of;
    const update_id = `upd_${this.name}_${device}_${rollback ? 'b' : 'f'}${attempt}`;
    const which = { update_id, number: attempt, device_id: device, version: '2.0.0' };
    return { ...which, rollout_id: this.rollout_id, wave, attempt, ...(rollback && { rollback }) };
  }
}

function nameOf(of: string | Of): string {
  return typeof of === 'string' ? of : of.device;
}

/** The log that these recordings give when they happen at the same time: one event of each in turn. */
export function interleaved(recordings: readonly Recording[]): StoredEvent[] {
  const longest = Math.max(...recordings.map(({ events }) => events.length));
  const turns = Array.from({ length: longest }, (_, n) => recordings.flatMap(({ events }) => events[n] ?? []));
  return turns.flat().map((event, n) => ({ ...event, position: n + 1 }) as StoredEvent);
}
