import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { catchError, throwError, type Observable } from 'rxjs';
import { Fold, asRowsRefusal, isDatabaseDown } from '@edgeflow/fold';

/** Nothing is answered or decided from rows that are being made anew. */
@Injectable()
export class WholeRows implements NestInterceptor {
  constructor(private readonly fold: Fold) {}

  /** A request may be taken while the database is away: the log has it, and it is decided later. @throws Refused `read-model-behind` */
  async intercept(_: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    await this.fold.readable().catch((error: unknown) => {
      if (!isDatabaseDown(error)) throw asRowsRefusal(error);
    });
    return next.handle().pipe(catchError((error: unknown) => throwError(() => asRowsRefusal(error))));
  }
}
