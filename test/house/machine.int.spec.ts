import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

const eslint = new ESLint({
  cwd: ROOT,
  // The rules in question look at no types.
  overrideConfig: { languageOptions: { parserOptions: { project: false } } },
  ruleFilter: ({ ruleId }) => ruleId.startsWith('no-restricted-') && ruleId !== 'no-restricted-imports',
});

/** How often lint says of a file with one more line that what it takes has to come in. */
async function complaints(file: string, line: string): Promise<number> {
  const text = await readFile(join(ROOT, file), 'utf8');
  const [result] = await eslint.lintText(`${line}\n${text}`, { filePath: join(ROOT, file) });
  return result?.messages.length ?? 0;
}

describe('what a program takes from its machine', () => {
  it.each([
    'export const _at = Date.now();',
    'export const _clock = Date.now;',
    'export const _date = new Date();',
    'export const _text = Date();',
    'export const _steady = performance.now();',
    'export const _hr = process.hrtime.bigint();',
    'setTimeout(() => undefined, 1);',
    'globalThis.setInterval(() => undefined, 1);',
    'export const _late = AbortSignal.timeout(1);',
    "import { setTimeout as _sleep } from 'node:timers/promises';",
    "import { performance as _performance } from 'node:perf_hooks';",
    'export const _luck = Math.random();',
    'export const _id = crypto.randomUUID();',
    "import { randomBytes as _bytes } from 'node:crypto';",
    "import { systemMachine as _machine } from '@edgeflow/runtime';",
  ])('comes in, so lint refuses: %s', async (line) => {
    expect(await complaints('libs/fold/src/fold.ts', line)).toBe(1);
  });

  it.each([
    ['libs/fold/src/fold.ts', 'export const _then = [new Date(0), Date.parse("2026-01-01"), Date.UTC(2026)];'],
    ['libs/fold/src/fold.ts', "import { createHash as _hash } from 'node:crypto';"],
    ['libs/fold/src/fold.int.spec.ts', 'export const _at = Date.now();'],
    ['libs/runtime/src/system-clock.ts', 'export const _at = Date.now();'],
    ['libs/fold/src/database.ts', "import { systemClock as _clock } from '@edgeflow/runtime';"],
  ])('is no matter in %s of: %s', async (file, line) => {
    expect(await complaints(file, line)).toBe(0);
  });

  it('is no more at hand for a root than its ports', async () => {
    expect(await complaints('libs/fold/src/database.ts', 'export const _at = Date.now();')).toBe(1);
  });
});
