import { secondsIn } from '@edgeflow/configuration';
import { Command, InvalidArgumentError } from 'commander';
import { endorse } from './endorse.command.js';
import { makeSigningKey } from './key-file.js';
import { sign } from './sign.command.js';

interface Options {
  key?: string;
  org?: string;
  version?: string;
  model?: string[];
  releaseCounter?: number;
  expiresIn: number;
  allowDowngrade?: true;
  newKey?: string;
  kid?: string;
  endorse?: string;
  revokes?: string[];
}

const collect = (value: string, before: string[] = []): string[] => [...before, value];

function counter(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function duration(text: string): number {
  const seconds = secondsIn(text);
  if (seconds === 0) throw new InvalidArgumentError('It must be a duration like 90d, 12h, 30m or 45s.');
  return seconds;
}

/** `sign`: what a publisher does with its key, on its own machine (docs/signing.md). @param print writes a line to stdout */
export function signProgram(print: (line: string) => void): Command {
  return new Command('sign')
    .description('sign an image, make a signing key, or have one key vouch for another; nothing leaves this machine')
    .argument('[image]', 'the image to sign')
    .option('--key <file>', 'the private key, a JWK')
    .option('--org <org>')
    .option('--version <version>')
    .option('--model <model>', 'a model that the image is for; may be given again', collect)
    .option('--release-counter <n>', 'never lower than that of a release before', counter)
    .option('--expires-in <duration>', 'how long devices may take it', duration, secondsIn('365d'))
    .option('--allow-downgrade', 'devices that have run a higher release counter may come down to it')
    .option('--new-key <file>', 'make a key: the private half goes into this new file, the public one to stdout')
    .option('--kid <kid>', 'what to call the new key; default: its thumbprint')
    .option('--endorse <file>', 'a public key, as --new-key printed it, that --key vouches for')
    .option('--revokes <kid>', 'with --endorse: a key not to be trusted any more; may be given again', collect)
    .action(async (image: string | undefined, options: Options) => print(await run(image, options)));
}

async function run(image: string | undefined, options: Options): Promise<string> {
  if (options.newKey !== undefined) return JSON.stringify(await makeSigningKey(options.newKey, options.kid));
  const { key, org } = needed(options, ['key', 'org']);
  if (options.endorse !== undefined) return endorse({ ...options, key, org, endorse: options.endorse });
  if (image === undefined) throw new Error('name the image to sign');
  return sign(image, { ...options, ...needed(options, ['key', 'org', 'version', 'model', 'releaseCounter']) });
}

/** @throws Error of one line that names what is missing */
function needed<K extends keyof Options>(options: Options, names: readonly K[]): Required<Pick<Options, K>> {
  const missing = names.filter((name) => options[name] === undefined);
  const flags = missing.map((name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (flags.length > 0) throw new Error(`${flags.join(', ')} must be given`);
  return options as Options & Required<Pick<Options, K>>;
}
