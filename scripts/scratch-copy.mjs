/** A copy of the source in which something may be added to see what that takes: edited, compiled and tested without touching the original. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');

export class ScratchCopy {
  folder = mkdtempSync(join(tmpdir(), 'edgeflow-scratch-'));

  /** @param built with what is compiled, as it is there */
  constructor({ built = false } = {}) {
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
    for (const file of files.split('\n').filter((name) => name && existsSync(join(root, name)))) {
      this.#copy(file);
    }
    this.#linkPackages('node_modules', ['@edgeflow', '.cache']);
    mkdirSync(join(this.folder, 'node_modules/@edgeflow'));
    for (const place of ['libs', 'apps']) {
      for (const name of readdirSync(join(this.folder, place))) {
        this.linkProject(join(place, name));
        if (built && existsSync(join(root, place, name, 'dist'))) this.#copy(join(place, name, 'dist'));
        if (existsSync(join(root, place, name, 'node_modules')))
          this.#linkPackages(join(place, name, 'node_modules'), []);
      }
    }
  }

  /** Lets others import a project by its name, as `npm install` does. */
  linkProject(project) {
    const { name } = JSON.parse(readFileSync(join(this.folder, project, 'package.json'), 'utf8'));
    symlinkSync(join(this.folder, project), join(this.folder, 'node_modules', name));
  }

  /** With its times, by which the compiler sees what has changed. */
  #copy(path) {
    cpSync(join(root, path), join(this.folder, path), { recursive: true, preserveTimestamps: true });
  }

  #linkPackages(folder, without) {
    mkdirSync(join(this.folder, folder));
    for (const name of readdirSync(join(root, folder))) {
      if (!without.includes(name)) symlinkSync(join(root, folder, name), join(this.folder, folder, name));
    }
  }

  write(file, text) {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  /** @throws Error when `change` changes nothing: the file is not as its caller knows it */
  edit(file, change) {
    const before = readFileSync(join(this.folder, file), 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`${file} is not as this script knows it`);
    writeFileSync(join(this.folder, file), after);
  }

  /** Puts a text in the place of one that stands in a file once. @throws Error when it does not stand there, or twice */
  replace(file, from, to) {
    const before = readFileSync(join(this.folder, file), 'utf8');
    if (before.split(from).length !== 2) throw new Error(`${file} is not as this script knows it: ${from}`);
    this.write(
      file,
      before.replace(from, () => to),
    );
  }

  /** Files or folders are again as they are outside the copy. */
  restore(...paths) {
    for (const path of paths) this.#copy(path);
  }

  /** Compiles a project, and what has changed below it. @throws Error with what the compiler says against it */
  build(project) {
    const { status, stdout } = spawnSync('npx', ['tsc', '-b', project], { cwd: this.folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${project} does not compile:\n${stdout}`);
  }

  /** @returns what the compiler says: where, and all that it says of it */
  compile() {
    const { stdout } = spawnSync('npx', ['tsc', '-p', 'tsconfig.spec.json', '--noEmit'], {
      cwd: this.folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const faults = [];
    for (const text of stdout.split('\n')) {
      const [, file, line] = /^(\S+\.ts)\((\d+),\d+\): error/.exec(text) ?? [];
      if (file) faults.push({ file, line: Number(line), text });
      else if (faults.length > 0) faults.at(-1).text += `\n${text}`;
    }
    return faults;
  }

  /** Runs unit specs. @throws Error with what they say when one fails */
  test(...files) {
    const { status, stdout } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', ...files], {
      cwd: this.folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the specs of the scratch copy fail:\n${stdout.slice(-4_000)}`);
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a proof in a copy of its own, as `ScratchCopy` has it. Exit code 1 says what has become of the promise. */
export function prove(proof, options) {
  const copy = new ScratchCopy(options);
  try {
    proof(copy);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    copy.remove();
  }
}
