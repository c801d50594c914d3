import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, type Rollup } from 'vite';
import { describe, expect, it } from 'vitest';

/** What stands behind the decorated classes of the contracts, and what no browser has. */
const NOT_THERE = /reflect-metadata|class-validator|class-transformer|ajv|@nestjs|__vite-browser-external/;

/** Every module that a bundler takes in for a browser, from an entry of ours on. */
async function modulesBehind(entry: string): Promise<string[]> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@edgeflow/source', 'browser', 'module', 'import', 'default'] },
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  });
  const chunks = [built].flat().flatMap((one) => (one as Rollup.RollupOutput).output);
  return chunks.flatMap((one) => (one.type === 'chunk' ? [...one.moduleIds, ...one.imports] : []));
}

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

describe('what a browser loads', () => {
  it.each([
    ['the client', './index.ts', 'openapi-fetch'],
    ['the plain contracts', '../../contracts/src/plain.ts', 'vocabulary'],
  ])('of %s needs no Node and no decorators', async (_, entry, inside) => {
    const modules = await modulesBehind(source(entry));
    expect(modules.some((id) => id.includes(inside))).toBe(true);
    expect(modules.filter((id) => NOT_THERE.test(id) || isBuiltin(id))).toEqual([]);
  });

  it('is not what is decorated, which this would notice', async () => {
    const modules = await modulesBehind(source('../../contracts/src/events.ts'));
    expect(modules.filter((id) => NOT_THERE.test(id)).length).toBeGreaterThan(0);
  });
});
