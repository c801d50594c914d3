import type { JsMsg } from '@nats-io/jetstream';
import type { Beginning, Durable } from './durable.js';

/** The delivery has a hole: what is in it would come later, behind newer events. */
export class OutOfOrder extends Error {
  override readonly name = 'OutOfOrder';

  /** @param from where to begin again; absent: after what was handled here */
  constructor(
    readonly reason: Extract<Beginning['reason'], 'gap' | 'takeover'>,
    readonly from?: number,
  ) {
    super(`the delivery has a hole (${reason})`);
  }
}

/**
 * Watches that nothing is delivered past this follower. A message that was sent to a dead connection or a dead process comes again only
 * after its acknowledgement is overdue; until then the server goes on with newer ones. Each delivery has a number, so holes show.
 */
export class DeliveryOrder {
  private last = 0;
  private pin = '';

  constructor(private readonly durable: Durable) {}

  /** @throws OutOfOrder when messages before these were delivered to somebody else, or to nobody */
  async check(messages: readonly JsMsg[]): Promise<void> {
    for (const { headers, info } of messages) {
      const pin = headers?.get('Nats-Pin-Id') ?? '';
      if (pin !== this.pin) await this.takeOver(pin, info.deliverySequence);
      if (info.deliverySequence !== this.last + 1) throw new OutOfOrder('gap');
      this.last = info.deliverySequence;
    }
  }

  /** A pinned follower gets its first message: what the one before had not acknowledged must come first. */
  private async takeOver(pin: string, deliverySequence: number): Promise<void> {
    const durable = await this.durable.find();
    if (!durable) throw new OutOfOrder('gap');
    const { consumer_seq, stream_seq } = durable.ack_floor;
    if (consumer_seq < deliverySequence - 1) throw new OutOfOrder('takeover', stream_seq + 1);
    this.pin = pin;
    this.last = deliverySequence - 1;
  }
}
