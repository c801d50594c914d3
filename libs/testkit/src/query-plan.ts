import type pg from 'pg';

/** How a statement was worked out. */
export interface QueryPlan {
  /** Tables that were read from one end to the other. */
  wholeTables: string[];
  /** Rows and entries of indexes that were looked at, whether or not they were of use. */
  rowsRead: number;
  /** The steps, one in a line, for whoever has to understand a failure. */
  text: string;
}

/** A step, as EXPLAIN (ANALYZE, FORMAT JSON) says it (PostgreSQL, section 14.1). */
interface Step {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Step[];
}

/** Works a statement out, and says how. @param tables of which the rows are counted */
export async function planOf(
  client: pg.Client,
  statement: { text: string; values?: readonly unknown[] },
  tables: readonly string[],
): Promise<QueryPlan> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Step }] }>(
    `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${statement.text}`,
    [...(statement.values ?? [])],
  );
  const steps = stepsOf(rows[0]!['QUERY PLAN'][0].Plan);
  const scans = steps.filter((step) => tables.includes(step['Relation Name'] ?? '') || isIndexAlone(step));
  return {
    wholeTables: scans.filter((step) => step['Node Type'] === 'Seq Scan').map((step) => step['Relation Name']!),
    rowsRead: scans.reduce((sum, step) => sum + readBy(step), 0),
    text: steps.map(lineOf).join('\n'),
  };
}

function stepsOf(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)];
}

/** The part of a bitmap scan that reads an index names no table. */
function isIndexAlone(step: Step): boolean {
  return step['Node Type'] === 'Bitmap Index Scan';
}

function readBy(step: Step): number {
  const removed = (step['Rows Removed by Filter'] ?? 0) + (step['Rows Removed by Index Recheck'] ?? 0);
  return Math.round((step['Actual Rows'] + removed) * step['Actual Loops']);
}

function lineOf(step: Step): string {
  const of = step['Index Name'] ?? step['Relation Name'] ?? '';
  return `${step['Node Type']} ${of}: ${readBy(step)} rows in ${step['Actual Loops']} loops`;
}
