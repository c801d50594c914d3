import { teamOf } from '../request-source.js';

/** Ends as a sentence does; what devices and people write may or may not. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** `1 device`, `2 devices`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

interface Actor {
  requested_by?: string;
  role?: string;
  /** Who sent the request (`sourceOfRequest`). */
  source?: string;
}

/** Who did it: their name and role, as far as they are known. A team is known by its source, and for whom it asks by its word alone. */
export function who({ requested_by, role, source }: Actor): string {
  const team = teamOf(source);
  if (requested_by === undefined) return team ?? 'Someone';
  if (team !== undefined) return `${team} (in its words: ${[requested_by, role].filter(Boolean).join(', ')})`;
  return role === undefined ? requested_by : `${requested_by} (${role})`;
}

/** `: why`, when somebody said why; ends the sentence either way. */
export function because(reason: string | undefined): string {
  return reason === undefined || reason.trim() === '' ? '.' : sentence(`: ${reason.trim()}`);
}

/** `code 3, other-code 1`, most first, and then by code: stored objects have no order. */
export function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([one, a], [other, b]) => b - a || one.localeCompare(other))
    .map(([code, n]) => `${code} ${n.toLocaleString('en')}`)
    .join(', ');
}

/** `(code): what it means.` */
export function refusal({ code, detail }: { code: string; detail: string }): string {
  return sentence(`(${code}): ${detail}`);
}
