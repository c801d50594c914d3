import { LogComparison, TrailCheck, type ChainedEntry, type Finding } from '@edgeflow/audit';
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
 * @throws Error of one line when it cannot look
 */
export async function verifyAudit(options: VerifyOptions, env: NodeJS.ProcessEnv): Promise<Verdict> {
  const access = await originAccess(options, env);
  const head = await headOf(access, options.org);
  const check = new TrailCheck(options.org);
  const kept = keptIn(options);
  const lines: ChainedEntry[] = [];
  const wrongBefore = { found: false };
  for await (const line of trailOf(access, head)) {
    check.line(line);
    if (kept && line.seq === kept.seq && line.hash !== kept.hash) wrongBefore.found = true;
    lines.push(line);
  }
  check.compareEnd(head);
  const findings = [...check.findings];
  if (kept && (wrongBefore.found || head.seq < kept.seq))
    findings.push({ problem: 'wrong-end', seq: head.seq, expected: kept.seq });
  if (!options.chainOnly) findings.push(...(await againstLog(lines, head, options, env)));
  return { lines: lines.length, head, findings };
}

async function againstLog(
  lines: readonly ChainedEntry[],
  { org, position }: KeptHead,
  options: VerifyOptions,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const log = await openLog(await accessTo(options.nats, env));
  const comparison = new LogComparison();
  try {
    for (const line of lines) comparison.fromTrail(line);
    for await (const line of trailInLog(log, org, position)) comparison.fromLog(line);
  } finally {
    await log.close();
  }
  comparison.end();
  return comparison.findings;
}

/** @throws Error of one line */
function keptIn({ keptHead, org }: VerifyOptions) {
  if (keptHead === undefined) return undefined;
  const [, seq, hash] = /^(\d+):([0-9a-f]{64})$/.exec(keptHead) ?? [];
  if (!hash) throw new Error('--kept-head must be seq:hash, as an earlier run printed it');
  return { org, seq: Number(seq), hash };
}
