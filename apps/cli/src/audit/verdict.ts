import { unreachable } from '@edgeflow/contracts';
import type { Finding } from '@edgeflow/audit';
import type { Verdict } from './audit-verify.command.js';

/** Findings in words before the rest is only counted. */
const SHOWN = 20;

/** What a verification found, for people: one line each. */
export function verdictText({ lines, head, findings }: Verdict): string {
  const end = `end ${head.seq}:${head.hash}`;
  if (findings.length === 0) return `${head.org}: ${lines} lines, all whole; ${end}\n`;
  const more = findings.length > SHOWN ? [`… and ${findings.length - SHOWN} more`] : [];
  const told = [...findings.slice(0, SHOWN).map(sentence), ...more].map((line) => `  ${line}`);
  return [`${head.org}: ${lines} lines, ${findings.length} of which something is wrong; ${end}`, ...told, ''].join(
    '\n',
  );
}

function sentence(finding: Finding): string {
  switch (finding.problem) {
    case 'altered':
      return `line ${finding.seq} was altered: it does not have its hash`;
    case 'missing':
      return finding.from === finding.to
        ? `line ${finding.from} is missing`
        : `lines ${finding.from} to ${finding.to} are missing`;
    case 'unlinked':
      return `line ${finding.seq} does not follow on the one before it: one of them was exchanged`;
    case 'wrong-end':
      return `the trail ends at ${finding.seq} and not as the end that was kept (${finding.expected}) says`;
    case 'not-in-log':
      return `line ${finding.seq} is not what the event log says`;
    case 'not-in-trail':
      return `the event log has a deed at position ${finding.position} that the trail has not`;
    default:
      return unreachable(finding);
  }
}
