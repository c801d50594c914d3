import { entityOf, type DataOf, type EventName, type StoredEvent } from '@edgeflow/contracts';
import { Watch, lineOf, type Invariant } from './invariant.js';

const START_MS = Date.parse('2026-03-01T00:00:00Z');

/** For specs of promises: events of a log in their order, told in the members that matter. */
export class LogStory {
  readonly events: StoredEvent[] = [];
  readonly faults: string[] = [];
  private readonly watch: Watch;

  constructor(...invariants: readonly Invariant[]) {
    this.watch = new Watch(invariants);
  }

  /** One more event. @param of the id of its stream: a device, a rollout */
  then<N extends EventName>(
    type: N,
    of: string,
    data: Partial<DataOf<N>> & object,
    { org = 'acme', ...more }: { org?: string; causation_id?: string } = {},
  ): this {
    const position = this.events.length + 1;
    const time = new Date(START_MS + position * 1000).toISOString();
    const [entity, id] = [entityOf(type), `${org}-${position}`];
    const named = entity === 'rollout' ? { rollout_id: of } : { device_id: of };
    const envelope = { org, entity, entity_id: of, id, source: '/spec', time, correlation_id: id, position, ...more };
    const event = { ...envelope, type, data: { ...named, ...data } } as unknown as StoredEvent;
    this.events.push(event);
    this.faults.push(...this.watch.observe(event).map(lineOf));
    return this;
  }

  /** Nothing more comes. @param after_h hours after the beginning */
  ends(after_h = 1): string[] {
    this.faults.push(...this.watch.end(new Date(START_MS + after_h * 3_600_000)).map(lineOf));
    return this.faults;
  }

  /** A rollout of these members is accepted, in waves of so many devices. */
  accepts(rollout_id: string, spec: object, waves: readonly number[] = [1]): this {
    const planned = waves.map((eligible) => ({ eligible, soak_s: 0 }));
    const eligible = waves.reduce((sum, wave) => sum + wave, 0);
    const whole = { version: '2.0.0', target: {}, strategy: { type: 'all_at_once' }, ...spec };
    return this.then('RolloutAccepted', rollout_id, {
      ...{ spec: whole as never, waves: planned, eligible },
    });
  }

  /** A device is to be brought to a version. */
  queues(device_id: string, update_id: string, more: Partial<DataOf<'UpdateQueued'>> = {}): this {
    const before = this.events.filter((event) => event.type === 'UpdateQueued' && event.entity_id === device_id);
    const number = before.length + 1;
    const deadline_at = new Date(START_MS + 3_600_000).toISOString();
    return this.then('UpdateQueued', device_id, { update_id, number, version: '2.0.0', deadline_at, ...more });
  }
}
