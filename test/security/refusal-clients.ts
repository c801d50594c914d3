import { execFile, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** One request whose answer comes before its body's end, made so many times. */
export interface Attempt {
  url: string;
  /** Default: POST. */
  method?: string;
  /** The CA file that the URL's certificate comes from. */
  ca: string;
  headers: Record<string, string>;
  /** A form with fields and a file of zeros, or a body of zeros as it is. */
  fields?: Record<string, string>;
  bytes: number;
  tries: number;
}

/** What a client makes of an attempt: a status for each answer, or the error in its place. */
export interface Client {
  name: string;
  outcomes(attempt: Attempt): Promise<string[]>;
}

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const run = promisify(execFile);

/** A program that reads attempts as lines of JSON and writes their outcomes likewise. */
class ScriptClient implements Client {
  constructor(
    readonly name: string,
    private readonly command: string,
    private readonly args: readonly string[],
  ) {}

  async outcomes(attempt: Attempt): Promise<string[]> {
    const child = spawn(this.command, this.args, {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: attempt.ca, NODE_OPTIONS: '' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(JSON.stringify(attempt));
    let said = '';
    for await (const chunk of child.stdout) said += String(chunk);
    return JSON.parse(said) as string[];
  }
}

/** curl, a process for each try, as a CI job calls it. */
class Curl implements Client {
  constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly options: readonly string[],
  ) {}

  async outcomes({ url, method = 'POST', ca, headers, fields, bytes, tries }: Attempt): Promise<string[]> {
    const file = join(this.folder, `${bytes}.bin`);
    const body = fields
      ? [...Object.entries(fields).flatMap(([name, value]) => ['-F', `${name}=${value}`]), '-F', `file=@${file}`]
      : ['--data-binary', `@${file}`];
    const head = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const ask = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', ca, '-X', method];
    const outcomes: string[] = [];
    for (let n = 0; n < tries; n += 1) {
      const { stdout, stderr } = await run('curl', [...ask, ...this.options, ...head, ...body, url]).catch(
        (error: { stdout: string; stderr: string }) => error,
      );
      // curl says what went wrong with the sending although it got the answer; its exit code counts for scripts.
      outcomes.push(stderr === '' ? stdout : `${stdout} ${stderr.trim()}`);
    }
    return outcomes;
  }
}

/** The clients that there are on this machine, and the names of those that are not. @param folder where the bodies lie as `<bytes>.bin` */
export function refusalClients(folder: string): { clients: Client[]; missing: string[] } {
  const python = process.env['REFUSAL_PYTHON'] ?? 'python3';
  const hasPython = spawnSync(python, ['-c', 'import requests']).status === 0;
  const hasCurl = spawnSync('curl', ['--version']).status === 0;
  const curls = [
    new Curl('curl', folder, []),
    new Curl('curl that expects 100', folder, ['-H', 'Expect: 100-continue']),
    new Curl('curl in HTTP/1.0', folder, ['--http1.0', '-H', 'Expect:']),
    new Curl('curl in chunks', folder, ['-H', 'Transfer-Encoding: chunked', '-H', 'Expect:']),
    new Curl('curl that closes', folder, ['-H', 'Connection: close', '-H', 'Expect:']),
  ];
  return {
    clients: [
      new ScriptClient('fetch', process.execPath, [program('refusal-client.mjs')]),
      ...(hasCurl ? curls : []),
      ...(hasPython ? [new ScriptClient('requests', python, [program('refusal-client.py')])] : []),
    ],
    missing: [...(hasCurl ? [] : ['curl']), ...(hasPython ? [] : ['Python requests'])],
  };
}
