/** The rows of the two services that fold the log, read where they lie. */
import { claim, until } from './measure.mjs';

const FOLDS = ['projection', 'orchestrator'];

export class Folds {
  #schemas = new Map();

  constructor(database, stored) {
    this.database = database;
    this.stored = stored;
  }

  /** The schema that holds a service's rows; nothing makes them anew in a bench. */
  async schema(service) {
    const known = this.#schemas.get(service);
    if (known) return known;
    const { rows } = await this.database.query(
      `SELECT nspname AS name FROM pg_namespace WHERE nspname ~ $1 AND to_regclass(format('%I.fold_checkpoint', nspname)) IS NOT NULL`,
      [`^${service}_[0-9]+$`],
    );
    claim(rows.length === 1, `the rows of ${service} lie in ${rows.length} schemas`);
    this.#schemas.set(service, rows[0].name);
    return rows[0].name;
  }

  /** The position of a service's rows. */
  async position(service) {
    const { rows } = await this.database.query(
      `SELECT min(position)::float8 AS position FROM "${await this.schema(service)}".fold_checkpoint`,
    );
    return rows[0].position;
  }

  /** Waits until the rows of both hold everything that is in the log, and nothing more comes. */
  async untilAllFolded(options) {
    let last = -1;
    await until(
      async () => {
        const before = last;
        last = await this.stored.lastEvent();
        const positions = await Promise.all(FOLDS.map((service) => this.position(service)));
        return before === last && positions.every((position) => position >= last);
      },
      async () => `the folds are at ${await Promise.all(FOLDS.map((service) => this.position(service)))} of ${last}`,
      { pause_ms: 100, ...options },
    );
  }

  /** How many device records of a fleet the read model has, of those for which `where` holds. */
  async devices(fleet, where = 'true', values = []) {
    const { rows } = await this.database.query(
      `SELECT count(*)::int AS count FROM "${await this.schema('projection')}".device WHERE fleet = $1 AND ${where}`,
      [fleet, ...values],
    );
    return rows[0].count;
  }
}
