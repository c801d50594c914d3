import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runSqlOnRows } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TwoOrgs } from './two-orgs.harness.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));

let world: TwoOrgs;
beforeAll(async () => {
  world = await TwoOrgs.start();
});
afterAll(() => world.dispose());

/** `npm run audit:verify`, as an auditor runs it. */
function verify(org: string, ...more: string[]): Promise<{ code: number; said: string }> {
  const env = { ...process.env, EDGEFLOW_HOME: world.standalone.home, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'audit-verify', '--org', org, ...more], { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr });
    });
  });
}

const sql = (text: string) => runSqlOnRows(world.standalone.endpoints.database_url, 'projection', text);

describe('the audit trail of an installation', () => {
  it('says who did what, and is whole', async () => {
    const { body } = await world.standalone.ask<{ items: Record<string, unknown>[] }>(
      ...(['acme', 'auditor', 'GET', '/query/v1/audit?limit=500'] as const),
    );
    const of = (action: string) => body.items.find((item) => item['action'] === action);
    expect(of('POST /registry/v1/firmware')).toMatchObject({ actor: 'publisher@acme', status: 201, ip: '127.0.0.1' });
    expect(of('FirmwareUploaded')).toMatchObject({ actor: 'publisher@acme' });
    expect(of('POST /orchestrator/v1/rollouts')).toMatchObject({ actor: 'operator@acme', status: 202 });
    const verdict = await verify('acme');
    expect(verdict).toMatchObject({ code: 0, said: expect.stringContaining('all whole') });
    expect(await verify('globex')).toMatchObject({ code: 0 });
  });

  it('cannot be looked at without the right', async () => {
    const { tokens } = world.standalone.endpoints;
    const verdict = await verify('acme', '--token-file', `${tokens}/acme.viewer.token`);
    expect(verdict).toMatchObject({ code: 2, said: expect.stringContaining('forbidden') });
  });

  it('shows what a database’s owner has altered, taken out, cut off, or written anew', async () => {
    await sql(`UPDATE audit SET actor = 'nobody' WHERE org = 'acme' AND seq = 3`);
    expect(await verify('acme')).toMatchObject({ code: 1, said: expect.stringContaining('line 3 was altered') });
    await sql(`DELETE FROM audit WHERE org = 'acme' AND seq = 5`);
    expect(await verify('acme', '--chain-only')).toMatchObject({
      code: 1,
      said: expect.stringContaining('line 5 is missing'),
    });
    await sql(`DELETE FROM audit WHERE org = 'globex' AND seq > 4`);
    expect(await verify('globex')).toMatchObject({
      code: 1,
      said: expect.stringMatching(/lines 5 to \d+ are missing/),
    });
    await sql(
      `UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE org = 'globex' AND seq = 4) WHERE org = 'globex'`,
    );
    expect(await verify('globex', '--chain-only')).toMatchObject({ code: 0 });
    expect(await verify('globex')).toMatchObject({ code: 1, said: expect.stringContaining('that the trail has not') });
  });

  it('is not called whole while a database’s owner keeps the end of the log from coming in', async () => {
    await sql(`CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
    await sql('CREATE TRIGGER stall BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION stall()');
    const { status } = await world.standalone.ask('globex', 'admin', 'POST', '/gateway/v1/claims', { uses: 1 });
    expect(status).toBe(201);
    expect(await verify('globex')).toMatchObject({ code: 2, said: expect.stringContaining('read-model-behind') });
  });
});
