import { Injectable, type PipeTransform } from '@nestjs/common';
import { Refused, isToken } from '@edgeflow/contracts';

/** What cannot be a rollout's id is no rollout: it never gets into a query. */
@Injectable()
export class RolloutIdPipe implements PipeTransform<string, string> {
  /** @throws Refused `rollout-unknown` */
  transform(rollout_id: string): string {
    if (!isToken(rollout_id)) throw new Refused('rollout-unknown');
    return rollout_id;
  }
}
