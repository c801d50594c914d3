import { LogComparison, TrailCheck, type ChainedEntry, type Finding, type Head } from '@edgeflow/audit';
import type { EventLog } from '@edgeflow/event-log';
import { accessTo } from '../nats-access.js';
import { openLog } from '../open-log.js';
import { originAccess, type OriginOptions } from './origin-access.js';
import { headOf, trailInLog, trailOf, type KeptHead } from './trail.js';

/** The options of `audit-verify`, as commander hands them over. */
export interface VerifyOptions extends OriginOptions {
  /** Only the chain, not the log. */
  chainOnly?: true;
  nats?: string;
  /** An end that somebody kept: `seq:hash`. */
  keptHead?: string;
}

/** What a verification has found. */
export interface Verdict {
  lines: number;
  head: KeptHead;
  findings: Finding[];
}

/**
 * Reads an organization's whole audit trail, checks its chain and its end, and compares it with what the log says.
 * @throws Error of one line when it cannot look, or when the trail does not reach the end that the log has now: what is not folded is not
 * known to be whole
 */
export async function verifyAudit(options: VerifyOptions, env: NodeJS.ProcessEnv): Promise<Verdict> {
  const origin = await originAccess(options, env);
  const kept = keptIn(options);
  const log = options.chainOnly ? undefined : await openLog(await accessTo(options.nats, env));
  try {
    const head = await headOf(origin, options.org, (await log?.state())?.last);
    const lines = await Array.fromAsync(trailOf(origin, head));
    const findings = [...chainFindings(lines, head, kept), ...(log ? await againstLog(lines, head, log) : [])];
    return { lines: lines.length, head, findings };
  } finally {
    await log?.close();
  }
}

function chainFindings(lines: readonly ChainedEntry[], head: KeptHead, kept: Head | undefined): Finding[] {
  const check = new TrailCheck(head.org);
  for (const line of lines) check.line(line);
  check.compareEnd(head);
  const isOther = kept && lines.some(({ seq, hash }) => seq === kept.seq && hash !== kept.hash);
  if (kept && (isOther || head.seq < kept.seq))
    return [...check.findings, { problem: 'wrong-end', seq: head.seq, expected: kept.seq }];
  return check.findings;
}

/** Both are walked side by side: what agrees is not held. */
async function againstLog(
  lines: readonly ChainedEntry[],
  { org, position }: KeptHead,
  log: EventLog,
): Promise<Finding[]> {
  const comparison = new LogComparison();
  const trail = lines.values();
  for await (const line of trailInLog(log, org, position)) {
    const next = trail.next();
    if (!next.done) comparison.fromTrail(next.value);
    comparison.fromLog(line);
  }
  for (const line of trail) comparison.fromTrail(line);
  comparison.end();
  return comparison.findings;
}

/** @throws Error of one line */
function keptIn({ keptHead, org }: VerifyOptions): Head | undefined {
  if (keptHead === undefined) return undefined;
  const [, seq, hash] = /^(\d+):([0-9a-f]{64})$/.exec(keptHead) ?? [];
  if (!hash) throw new Error('--kept-head must be seq:hash, as an earlier run printed it');
  return { org, seq: Number(seq), hash };
}
