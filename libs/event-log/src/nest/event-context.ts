import { BaseRpcContext } from '@nestjs/microservices';
import type { Delivery } from '../types.js';

/** What `@Ctx()` gives a handler of `EventLogServer`. */
export class EventContext extends BaseRpcContext<[Delivery]> implements Delivery {
  get subject(): string {
    return this.args[0].subject;
  }

  get position(): number {
    return this.args[0].position;
  }

  get deliveries(): number {
    return this.args[0].deliveries;
  }

  inProgress(): void {
    this.args[0].inProgress();
  }
}
