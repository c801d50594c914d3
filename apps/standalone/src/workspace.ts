import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the workspace this program was built in; its layout is in DESIGN.md section 7. */
const ROOT = new URL('../../../', import.meta.url);

/** The folder of an app. */
export function appFolder(app: string): string {
  return fileURLToPath(new URL(`apps/${app}/`, ROOT));
}

/** The program of an app, as `npm run build` leaves it. @throws Error of one line when it is not built */
export function appProgram(app: string, file = 'main.js'): string {
  const program = fileURLToPath(new URL(`apps/${app}/dist/${file}`, ROOT));
  if (!existsSync(program)) throw new Error(`${program} is missing: run npm run build`);
  return program;
}
