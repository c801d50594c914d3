import '@edgeflow/contracts/node-version';
import { Command, Option } from 'commander';
import colors from 'picocolors';
import { messageOf } from '@edgeflow/contracts';
import { ASSUMPTIONS } from '@edgeflow/what-if';
import { verifyAudit, type VerifyOptions } from './audit/audit-verify.command.js';
import { verdictText } from './audit/verdict.js';
import { rebuild } from './rebuild.command.js';
import { replay, type ReplayOptions } from './replay.command.js';
import { FOLDING, type RowsOptions } from './rows.js';
import { signProgram } from './sign/sign.program.js';
import { leverOptions, leversIn, type GivenLevers } from './levers.js';
import { simulate, type SimulateOptions } from './simulate.command.js';

/** The trail could not be looked at: it is not known whether it is whole. */
const EXIT_UNKNOWN = 2;

const program = new Command('edgeflow').description('EdgeFlow OTA on the command line.');

const simulation = program
  .command('simulate')
  .description('run a recorded rollout again under another strategy; changes nothing')
  .requiredOption('--rollout <id>', 'the recorded rollout');
for (const option of leverOptions()) simulation.addOption(option);
simulation
  .addOption(
    new Option('--assume <what>', 'of devices without a recorded outcome').choices(ASSUMPTIONS).default(ASSUMPTIONS[0]),
  )
  .option('--wait', 'wait for the maintenance window and the start time, in simulated time')
  .option('--org <org>', 'where several have a rollout of this id')
  .option('--json', 'everything, for programs')
  .option('--nats <url>', 'default: NATS_URL, else what $EDGEFLOW_HOME/endpoints.json says while standalone runs')
  .action(async (options: Omit<SimulateOptions, keyof GivenLevers> & GivenLevers) => {
    process.stdout.write(await simulate({ ...options, ...leversIn(options) }, process.env));
  });

program
  .command('audit-verify')
  .description('read the whole audit trail of an organization and find what was altered or is missing')
  .requiredOption('--org <org>')
  .option('--origin <url>', 'default: the standalone that runs from $EDGEFLOW_HOME')
  .option('--ca <file>', 'the authority of the origin, PEM')
  .option('--token-file <file>', 'of an auditor or admin; default: the auditor of that standalone')
  .option('--nats <url>', 'as for simulate')
  .option('--chain-only', 'do not compare with the event log')
  .option('--kept-head <seq:hash>', 'an end that an earlier run printed and somebody kept elsewhere')
  .action(async (options: VerifyOptions) => {
    const verdict = await verifyAudit(options, process.env).catch((error: unknown) => {
      process.stderr.write(`${colors.red('error')} ${messageOf(error)}\n`);
      process.exit(EXIT_UNKNOWN);
    });
    process.stdout.write(verdictText(verdict));
    process.exit(verdict.findings.length === 0 ? 0 : 1);
  });
aboutRows(
  'rebuild',
  'have the rows of a service made anew from the event log as it is; ends the alarm of its fold',
).action(async (options: RowsOptions) => {
  const lines = await rebuild(options, process.env);
  process.stdout.write(`${(lines.length > 0 ? lines : ['there are no rows yet']).join('\n')}\n`);
});
aboutRows(
  'replay',
  'list the events that were set aside, and fold them again in their place; 1 if some are set aside then',
)
  .option('--list', 'only list them')
  .action(async (options: ReplayOptions) => {
    const open = await replay(options, process.env, (line) => process.stdout.write(`${line}\n`));
    process.exit(open === 0 ? 0 : 1);
  });
program.addCommand(signProgram((line) => process.stdout.write(`${line}\n`)));

try {
  await program.parseAsync();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${colors.red('error')} ${messageOf(error)}\n`);
  process.exit(1);
}

/** A command about the rows that services make of the log. */
function aboutRows(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(new Option('--of <service>', 'default: all').choices(FOLDING))
    .option(
      '--database <url>',
      'default: DATABASE_URL, else what $EDGEFLOW_HOME/endpoints.json says while standalone runs',
    );
}
