import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Fold } from '@edgeflow/fold';
import { fromWholeRows } from '../requests/whole-rows.js';

/** Nothing is answered or decided from rows that are being made anew. */
@Injectable()
export class WholeRows implements NestInterceptor {
  constructor(private readonly fold: Fold) {}

  /** @throws Refused `read-model-behind`, `database-unavailable` */
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(fromWholeRows(this.fold, () => lastValueFrom(next.handle(), { defaultValue: undefined })));
  }
}
