import fc from 'fast-check';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { positionColumn, timeColumn } from './columns.js';
import { MANY } from './given-rows.js';
import { ColumnValue, type Change, type Condition, type Range, type Rows, type Where } from './rows.js';

/** A row with a column of each type that rows here have. */
@Entity('sample')
export class Sample {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('bigint', { transformer: positionColumn })
  id!: number;

  @Column('bigint', { transformer: positionColumn })
  position!: number;

  @Column('integer')
  whole!: number;

  @Column('smallint', { nullable: true })
  small!: number | null;

  @Column('boolean')
  flag!: boolean;

  @Column('text', { nullable: true })
  note!: string | null;

  @Column('text', { array: true })
  tags!: string[];

  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  at!: string | null;

  @Column('jsonb', { nullable: true })
  data!: unknown;
}

/** A row that has no position: whoever stores it later is right. */
@Entity('plain_sample')
export class PlainSample {
  @PrimaryColumn('text')
  name!: string;

  @Column('text', { nullable: true })
  note!: string | null;
}

const text = fc.constantFrom(
  '',
  'a',
  'ab',
  'B',
  'ä',
  '\uffee',
  '\u{1f600}',
  'a\0b',
  'a\ud83db',
  '100%',
  "o'clock",
  '{}',
  'null',
  'NULL',
  '"say" \\ it, twice',
);
const whole = fc.integer({ min: -3, max: 5 });
const time = fc.constantFrom(
  '2026-02-21T12:00:00.000Z',
  '2026-02-21T12:00:00Z',
  '2026-02-21T13:00:00.001+01:00',
  '1999-12-31T23:59:59.999Z',
);
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null, freq: 3 });
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    text,
    whole,
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('b', 'aa', 'a', 'ä', '10', '9', 'long name'), tie('value'), { maxKeys: 4 }),
  ),
})).value;

const key = fc.record({ org: fc.constantFrom('a', 'b', 'ä'), id: fc.integer({ min: 1, max: 4 }) });
const rest = {
  position: fc.integer({ min: 0, max: 6 }),
  whole: fc.oneof(
    { weight: 20, arbitrary: whole },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 31, -(2 ** 31), 1.5) },
  ),
  small: fc.oneof(
    { weight: 20, arbitrary: maybe(whole) },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 15, -(2 ** 15)) },
  ),
  flag: fc.boolean(),
  note: maybe(text),
  tags: fc.array(text, { maxLength: 3 }),
  at: fc.oneof({ weight: 20, arbitrary: maybe(time) }, { weight: 1, arbitrary: fc.constant('yesterday noon') }),
  data: maybe(data),
};
const row: fc.Arbitrary<Sample> = fc.tuple(key, fc.record(rest)).map(([one, other]) => ({ ...one, ...other }));
/** So many that they are handed over otherwise than few are, each of another key and with nothing that no row may hold. */
export const manySamples: fc.Arbitrary<Sample[]> = fc
  .array(fc.tuple(row, maybe(text)), { minLength: MANY, maxLength: MANY + 20 })
  .map((all) =>
    all.map(([one, other], id) => {
      const at = one.at === 'yesterday noon' ? null : one.at;
      return { ...one, id, whole: id % 7, small: null, tags: other === null ? [] : [other, ...one.tags], at };
    }),
  );
/** Also rows that say too little. */
const rows = fc.array(
  fc.oneof({ weight: 30, arbitrary: row }, { weight: 1, arbitrary: key as unknown as fc.Arbitrary<Sample> }),
  { maxLength: 5 },
);

function condition<V extends string | number | boolean>(of: fc.Arbitrary<V>): fc.Arbitrary<unknown> {
  return fc.oneof(
    of,
    fc.constant(null),
    fc.constant({ not: null }),
    fc.record({ not: of }),
    fc.record({ oneOf: fc.array(of, { maxLength: 3 }) }),
    fc.record({ above: of }),
    fc.record({ atMost: of }),
  );
}

const where = fc.record(
  {
    org: condition(fc.constantFrom('a', 'b', 'ä')),
    id: condition(fc.integer({ min: 1, max: 4 })),
    position: condition(fc.integer({ min: 0, max: 6 })),
    small: condition(whole),
    flag: condition(fc.boolean()),
    note: condition(text),
    at: condition(time),
    data: fc.constantFrom(null, { not: null }),
  } satisfies { [C in keyof Sample]?: fc.Arbitrary<Condition<Sample[C]> | unknown> },
  { requiredKeys: [] },
) as fc.Arbitrary<Where<Sample>>;

const change = fc.record(
  {
    ...rest,
    whole: fc.oneof(rest.whole, fc.constantFrom(new ColumnValue('small'), new ColumnValue('position'))),
    note: fc.oneof(rest.note, fc.constantFrom(new ColumnValue('org'), undefined)),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Change<Sample>>;

const ways = fc.constantFrom('asc', 'desc') as fc.Arbitrary<'asc' | 'desc'>;
/** An order in which no two rows are alike. */
const order = fc
  .record({ note: ways, at: ways, small: ways, flag: ways, position: ways }, { requiredKeys: [] })
  .chain((first) => fc.record({ org: ways, id: ways }).map((last) => ({ ...first, ...last })));
const range: fc.Arbitrary<Range<Sample>> = fc.record(
  { order, limit: fc.integer({ min: 0, max: 5 }) },
  { requiredKeys: ['order'] },
);

/** Something that is asked of rows. What it gives has an order of its own. */
export interface Step {
  what: string;
  do: (rows: Rows) => Promise<unknown>;
}

const said = (what: string, ...of: unknown[]): string => `${what} ${JSON.stringify(of)}`;
const byKey = (found: Sample[]): Sample[] =>
  found.toSorted((a, b) => (a.org === b.org ? a.id - b.id : a.org < b.org ? -1 : 1));

/** Any statement about samples. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: rows.map((all): Step => ({ what: said('put', all), do: (on) => on.put(Sample, all) })) },
  { weight: 3, arbitrary: rows.map((all): Step => ({ what: said('add', all), do: (on) => on.add(Sample, all) })) },
  fc
    .tuple(where, change)
    .map(([of, to]): Step => ({ what: said('change', of, to), do: (on) => on.change(Sample, of, to) })),
  rows.map((all): Step => {
    const once = [
      ...new Map(all.map((one) => [`${one.org}/${one.id}`, { ...one, position: one.position ?? 0 }])).values(),
    ];
    return { what: said('raise', once), do: (on) => on.raise(Sample, 'position', once) };
  }),
  where.map((of): Step => ({ what: said('remove', of), do: (on) => on.remove(Sample, of) })),
  fc
    .array(key, { maxLength: 5 })
    .map((keys): Step => ({ what: said('get', keys), do: async (on) => byKey(await on.get(Sample, keys)) })),
  fc
    .tuple(where, range)
    .map(([of, as]): Step => ({ what: said('range', of, as), do: (on) => on.range(Sample, of, as) })),
  where.map((of): Step => ({ what: said('count', of), do: (on) => on.count(Sample, of) })),
  where.map((of): Step => ({ what: said('exists', of), do: (on) => on.exists(Sample, of) })),
);

/** All samples, in the order of their keys. */
export const allSamples = (rows: Rows): Promise<Sample[]> =>
  rows.range(Sample, {}, { order: { org: 'asc', id: 'asc' } });
