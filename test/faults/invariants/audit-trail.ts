import { readdir } from 'node:fs/promises';
import { verifyAudit } from '../../../apps/cli/src/audit/audit-verify.command.js';
import { verdictText } from '../../../apps/cli/src/audit/verdict.js';
import type { StandaloneUnderTest } from '../../e2e/standalone.harness.js';

const AUDITOR = '.auditor.token';

/** What is wrong with the audit trails of all organizations, as `audit-verify` says it. */
export async function auditFaults({ home, endpoints }: StandaloneUnderTest): Promise<string[]> {
  const tokens = (await readdir(endpoints.tokens)).filter((name) => name.endsWith(AUDITOR));
  const orgs = tokens.map((name) => name.slice(0, -AUDITOR.length));
  const verdicts = await Promise.all(orgs.map((org) => verifyAudit({ org }, { ...process.env, EDGEFLOW_HOME: home })));
  return verdicts.flatMap((verdict) => (verdict.findings.length > 0 ? [verdictText(verdict)] : []));
}
