import { streamSubject, type EventStream, type OtaEvent } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';

/** So many streams are remembered; of the oldest it is said again then. */
const REMEMBERED_MAX = 1_000;

/** What cannot be written is decided again with every round: somebody has to look, and is told once, until something else is decided. */
export class Unwritable {
  private readonly said = new Map<string, string>();

  /** Says that a decision on a stream cannot be written. @param events what was decided, where that is known @param cause why */
  say({ stream, events }: { stream: EventStream; events: readonly OtaEvent[] }, cause: Error): void {
    const of = streamSubject(stream);
    const which = [...events.map(({ id }) => id), cause.message].join(' ');
    if (this.said.get(of) === which) return;
    this.said.set(of, which);
    const [oldest] = this.said.keys();
    if (oldest !== undefined && this.said.size > REMEMBERED_MAX) this.said.delete(oldest);
    logger.error({ err: cause, stream: of }, 'a decision cannot be written');
  }
}
