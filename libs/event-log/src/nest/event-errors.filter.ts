import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * `@UseFilters(EventErrorsFilter)` on a controller of `EventLogServer`: its errors come through as they are, so that an event set aside
 * tells the reason. Nest's own filter would replace them by "Internal server error".
 */
@Catch()
export class EventErrorsFilter implements RpcExceptionFilter<unknown> {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
