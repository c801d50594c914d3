import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { run } from './run.js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What is different on a machine that reaches no image registry: the product's own S3 endpoint is in SeaweedFS's place. It takes its keys
 * from the file that `setup` wrote for SeaweedFS.
 */
const S3_STAND_IN = `services:
  s3:
    image: \${EDGEFLOW_IMAGE:-edgeflow:0.1.0}
    entrypoint: [node, --input-type=module, -e]
    command:
      - |
        import { readFileSync } from 'node:fs';
        import { startS3 } from '@edgeflow/embedded';
        const [{ credentials: [{ accessKey, secretKey }] }] = JSON.parse(readFileSync('/etc/seaweedfs/s3.json', 'utf8')).identities;
        const s3 = await startS3({ dir: '/data', host: '0.0.0.0', port: 8333, access_key_id: accessKey, secret_access_key: secretKey });
        process.once('SIGTERM', () => s3.stop().then(() => process.exit(0)));
    healthcheck:
      test: [CMD, node, -e, 'fetch("http://127.0.0.1:8333/").then(() => process.exit(0), () => process.exit(1))']
`;

/** A password with every character that means something to a shell, a URL, YAML, JSON or the configuration of a server. */
export const ODD_PASSWORD = `p/#?@%:;&"\\{}[]()<>$x*! ~^|,=é`;

/**
 * A copy of this working tree, as a user has it who cloned it and made an `.env`; the S3 server's stand-in is in
 * docker-compose.override.yml, which compose reads by itself.
 * @param settings of `.env`, over those that deploy/new-env.sh made
 */
export async function layOutProject(folder: string, settings: Record<string, string>): Promise<void> {
  const files = (await run('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: REPOSITORY })).split('\0');
  for (const file of files.filter(Boolean)) {
    const target = join(folder, file);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(REPOSITORY, file), target).catch(ignoreMissing);
  }
  await writeFile(join(folder, 'docker-compose.override.yml'), S3_STAND_IN);
  await run('sh', ['deploy/new-env.sh'], { cwd: folder });
  await changeEnv(folder, settings);
}

/** Changes lines of `.env`, as an editor does: quoted where that is needed. */
async function changeEnv(folder: string, settings: Record<string, string>): Promise<void> {
  const path = join(folder, '.env');
  const lines = (await readFile(path, 'utf8')).split('\n');
  const kept = lines.filter((line) => line !== '' && !((/^([A-Z0-9_]+)=/.exec(line)?.[1] ?? '') in settings));
  const said = Object.entries(settings).map(([name, value]) => `${name}='${value.replaceAll("'", "\\'")}'`);
  await writeFile(path, [...kept, ...said, ''].join('\n'));
  await chmod(path, 0o600);
}

/** What `.env` holds. */
export async function envOf(folder: string): Promise<NodeJS.Dict<string>> {
  return parseEnv(await readFile(join(folder, '.env'), 'utf8'));
}

/** A file that git knows, and that was just deleted here, is not there for a user either. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
