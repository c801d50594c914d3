import type { Machine } from '@edgeflow/runtime';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { STATEMENT_MS, connectionOptions } from './connection-options.js';
import type { Schemas } from './schemas.js';

/**
 * A way to the rows of one version of a fold. Neither entities nor plain SQL say in which schema a table is: the connection's search path has
 * that one schema and no other, so what is not there is not there.
 */
export class RowsSource extends DataSource {
  constructor(
    options: DataSourceOptions,
    readonly schemas: Schemas,
    /** The schema that is seen. */
    readonly sees: string,
    readonly machine: Machine,
  ) {
    super(options);
  }

  /** Another way to the same server, not opened yet. @param change what is otherwise there */
  beside(sees: string, change?: { schema: string; extra: object }): RowsSource {
    return new RowsSource(this.optionsBeside(sees, change), this.schemas, sees, this.machine);
  }

  protected optionsBeside(sees: string, change?: { schema: string; extra: object }): DataSourceOptions {
    const extra = { ...connectionOptions(STATEMENT_MS, sees, this.machine.clock), pipeline: true };
    return { ...this.options, poolSize: 2, extra, ...change } as DataSourceOptions;
  }
}
