import { describe, expect, it } from 'vitest';
import { mirrorFor, parseDeb822Sources, parseSourcesList } from './apt-sources.js';

const deb822 = `Types: deb
# a comment in between
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;

describe('the mirror for another suite', () => {
  it('is the one that carries the running release, with its key', () => {
    expect(mirrorFor(parseDeb822Sources(deb822), 'bookworm', 'sid')).toBe(
      'Types: deb\nURIs: http://mirror.example/debian\nSuites: sid\nComponents: main\nsigned-by: /usr/share/keyrings/debian.gpg\n',
    );
  });

  it('is found in one-line entries too', () => {
    const list = `# deb http://old.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # inside
deb https://packages.example/apt cloud main`;
    const mirror = mirrorFor(parseSourcesList(list), 'bookworm', 'sid');
    expect(mirror).toContain('URIs: http://mirror.example/debian\nSuites: sid\nComponents: main\nsigned-by: /k.gpg');
  });

  it('keeps a key that stands in the file itself', () => {
    const inline = `${deb822.split('\n\n')[0]}`.replace(/Signed-By.*/, 'Signed-By:\n -----BEGIN-----\n .\n abc');
    expect(mirrorFor(parseDeb822Sources(inline), 'bookworm', 'sid')).toContain(
      'signed-by: \n -----BEGIN-----\n .\n abc\n',
    );
  });

  it('is none when a source is switched off or of another distribution', () => {
    const off = deb822.replace('Types: deb', 'Enabled: no\nTypes: deb');
    expect(mirrorFor(parseDeb822Sources(off), 'bookworm', 'sid')).toBeUndefined();
    expect(mirrorFor(parseDeb822Sources(deb822), 'noble', 'sid')).toBeUndefined();
  });
});
