import { DEVICE_ID_WORDS, SEMVER_PATTERN, isDeviceId } from '@edgeflow/contracts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT_CONFIG } from './node-version.js';

/** What the program is told, by option or by environment. */
export interface Settings {
  origin: string;
  ca?: string;
  dir: string;
  deviceId: string;
  model: string;
  fleet?: string;
  tag?: string[];
  claimTokenFile?: string;
  tlsCert?: string;
  tlsKey?: string;
  signingKey?: string;
  redirectHost?: string[];
  rotateKey?: boolean;
  version: string;
  installCommand?: string;
  healthCommand?: string;
  confirmedCommand?: string;
  consentCommand?: string;
  commandTimeout: number;
  restart: 'exec' | 'exit';
  logLevel: string;
}

function deviceId(value: string): string {
  if (!isDeviceId(value)) throw new InvalidArgumentError(`It ${DEVICE_ID_WORDS}.`);
  return value;
}

function version(value: string): string {
  if (!SEMVER_PATTERN.test(value)) throw new InvalidArgumentError('It must be a semantic version, like 1.0.0.');
  return value;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number of seconds.');
  return number;
}

const collect = (value: string, others: string[] | undefined): string[] => [...(others ?? []), ...value.split(',')];

/** An option with its environment variable, `EDGEFLOW_AGENT_<NAME>`. */
function option(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.env(`EDGEFLOW_AGENT_${option.name().toUpperCase().replaceAll('-', '_')}`);
}

/** Reads the command line. Ends the program, after the reason was printed, when something is missing or wrong. */
export function readSettings(argv: readonly string[]): Settings {
  return new Command('edgeflow-agent')
    .description('Keeps one device connected to EdgeFlow OTA and updates it.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_CONFIG))
    .addOption(option('--origin <url>', 'the cloud, e.g. https://localhost:8443').makeOptionMandatory())
    .addOption(option('--ca <file>', "the cloud's certificate authority, PEM; default: the system's"))
    .addOption(option('--tls-cert <file>', 'certificate of this device, PEM, for a gateway that asks for one (mTLS)'))
    .addOption(option('--tls-key <file>', 'its key, PEM'))
    .addOption(option('--dir <directory>', 'key, journal and slots of this device').makeOptionMandatory())
    .addOption(option('--device-id <id>', 'id of this device').argParser(deviceId).makeOptionMandatory())
    .addOption(option('--model <model>', 'hardware model, as registered').makeOptionMandatory())
    .addOption(option('--fleet <fleet>', 'fleet of this device'))
    .addOption(option('--tag <tag>', 'a tag; may be given again').argParser(collect))
    .addOption(option('--claim-token-file <file>', 'claim token; not needed once the device is registered'))
    .addOption(option('--signing-key <file>', 'public JWK or JWK set that signs the firmware; pinned from now on'))
    .addOption(
      option(
        '--redirect-host <host>',
        'a host, with its port where it is not 443, that downloads may be redirected to',
      ).argParser(collect),
    )
    .addOption(new Option('--rotate-key', 'gives the device a new key, and ends'))
    .addOption(option('--version <version>', 'what runs before the first update').argParser(version).default('1.0.0'))
    .addOption(option('--install-command <template>', 'installs {image} of {version} into slot {slot}; no shell'))
    .addOption(option('--health-command <template>', 'exit code 0: the new version is well; else the old slot boots'))
    .addOption(
      option(
        '--confirmed-command <template>',
        'exit code 0: the boot loader keeps what runs; else it may still take it back',
      ),
    )
    .addOption(option('--consent-command <template>', 'asks before an update: exit code 0 now, 77 no, else later'))
    .addOption(option('--command-timeout <s>', 'how long a command may take').argParser(seconds).default(600))
    .addOption(
      option('--restart <how>', 'into the new version: as a new program in this process, or by exit code 75')
        .choices(['exec', 'exit'])
        .default('exec'),
    )
    .addOption(option('--log-level <level>', 'of the JSON lines on stdout').default('info'))
    .parse(argv, { from: 'user' })
    .opts<Settings>();
}
