import '@edgeflow/contracts/node-version';
import { ConfigError, EXIT_CONFIG } from '@edgeflow/configuration';
import { ROLES, STRATEGIES, messageOf } from '@edgeflow/contracts';
import { Command } from 'commander';
import colors from 'picocolors';
import { Console } from './console/console.js';
import { demo } from './demo/demo.command.js';
import type { DemoOptions } from './demo/options.js';
import { EXIT_INTERRUPTED, Interrupted } from './signals.js';
import { init, type InitOptions } from './init.command.js';
import { provision } from './provision.command.js';
import { setup } from './setup/setup.command.js';
import { start } from './start.command.js';
import { token, type TokenOptions } from './token.command.js';

const program = new Command('standalone').description('All of EdgeFlow OTA on this machine, with one command.');
const console = new Console();

program
  .command('start', { isDefault: true })
  .description('serve until Ctrl-C; state is kept in $EDGEFLOW_HOME (default .edgeflow/)')
  .action(() => start(console));

program
  .command('demo')
  .description(
    'the whole main job once: upload an image, update one device, show its record; or a rollout over a fleet',
  )
  .option('--firmware <file>', 'the image; without it one is made')
  .option('--devices <n>', 'a fleet of so many simulated devices, and a rollout in waves over it (default: 100)')
  .option('--strategy <strategy>', `how it is rolled out: ${STRATEGIES.join(', ')} (default: canary)`)
  .option('--bad-image', 'the new image is bad: its gate stops the rollout and brings every device back')
  .option(
    '--revert',
    'the new image comes up, and most devices take it back in the soak: the gate stops the rollout then',
  )
  .option('--timeout <seconds>', 'when to give up (default: 300, and a second more for each 5 devices)')
  .action((options: DemoOptions) => demo(options, console));

program
  .command('init')
  .description('make the signing key and the tokens of a home, for a deployment without an identity provider')
  .option('--home <folder>', 'where they are kept (default: $EDGEFLOW_HOME)')
  .option('--public <file>', 'where a copy of the public keys goes')
  .action((options: InitOptions) => init(options, console));

program
  .command('setup')
  .description(
    'what docker-compose.yml does first: check the secrets, write what NATS and S3 read of them, give volumes to their users',
  )
  .action(() => setup(console));

program
  .command('token')
  .description('print a bearer token of this home, for a person or a program that tries things out')
  .requiredOption('--org <org>', 'whose')
  .requiredOption('--role <role...>', `what its holder may do: ${ROLES.join(', ')}; may be repeated`)
  .option('--subject <name>', 'who its holder is (default: the roles at the org)')
  .option('--ttl <time>', 'how long it is good: 15m, 1h, 7d', '1h')
  .action((options: TokenOptions) => token(options));

program
  .command('provision')
  .description(
    'make the JetStream streams on the NATS that NATS_URL names, with a user that may (NATS_USER, NATS_PASSWORD, NATS_CA_FILE)',
  )
  .action(() => provision(console));

try {
  await program.parseAsync();
  process.exit(0);
} catch (error) {
  if (error instanceof Interrupted) process.exit(program.args[0] === 'demo' ? EXIT_INTERRUPTED : 0);
  const lines = error instanceof ConfigError ? error.lines : [messageOf(error)];
  for (const line of lines) process.stderr.write(`${colors.red('error')} ${line}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}
