import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * `@UseFilters(EventErrorsFilter)` on a controller of `InboxServer`: its errors come through as they are, so that the log says why a
 * message was not taken in. Nest's own filter would replace them by "Internal server error".
 */
@Catch()
export class EventErrorsFilter implements RpcExceptionFilter<unknown> {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
