import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the workspace this program was built in; its layout is in CONTRIBUTING.md. */
const ROOT = new URL('../../../', import.meta.url);

/** The program of an app, as `npm run build` leaves it, to be run in the app's folder. @throws Error of one line when it is not built */
export function appProgram(app: string, file = 'main.js'): { entry: string; cwd: string } {
  const cwd = fileURLToPath(new URL(`apps/${app}/`, ROOT));
  const entry = `${cwd}dist/${file}`;
  if (!existsSync(entry)) throw new Error(`${entry} is missing: run npm run build`);
  return { entry, cwd };
}
