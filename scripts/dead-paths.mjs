/** Finds what documents name and nobody has: links to files, paths in this repository (in backticks, in tables, in prose), and names of sources. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The changelog is not here: it tells of what is no more. */
const DOCUMENTS = [
  '{README,CONTRIBUTING,SECURITY}.md',
  'docs/**/*.md',
  'deploy/*.md',
  '{apps,libs,examples}/**/README.md',
];
const ROOMS = '{apps,libs,docs,test,scripts,bench,deploy,examples,.ci,.github}';
const PATH = new RegExp(`(?<![\\w./@-])(?:${ROOMS.slice(1, -1).replaceAll(',', '|')})/[\\w.<>*{},/-]*[\\w>*}]`, 'g');
const LINK = /\]\(([^)#\s]+)(?:#[^)]*)?\)/g;
const SOURCE = /`([\w.-]+\.(?:ts|mjs))`/g;
/** What a build, a bench or an operator puts there. */
const MADE = /\/(?:dist|results|secrets)(?:\/|$)/;

/** @returns `<document>: <path>` of each that is not there; `*` and `<word>` in a path stand for any name */
export function deadPaths(root) {
  const here = (patterns) => globSync(patterns, { cwd: root, exclude: (path) => /node_modules|dist$/.test(path) });
  const sources = new Set(here(['*.{ts,mjs}', `${ROOMS}/**/*.{ts,mjs}`]).map((path) => basename(path)));
  const isThere = (path) => MADE.test(path) || here(path.replace(/<[^>]*>/g, '*')).length > 0;
  return here(DOCUMENTS).flatMap((document) => {
    const text = readFileSync(join(root, document), 'utf8');
    const named = (pattern) => [...text.matchAll(pattern)].map(([whole, part = whole]) => part);
    const links = named(LINK).filter((to) => !/^\w+:/.test(to));
    const dead = [
      ...links.map((to) => join(dirname(document), to)).filter((path) => !isThere(path)),
      ...named(PATH).filter((path) => !isThere(path)),
      ...named(SOURCE).filter((name) => !sources.has(name)),
    ];
    return [...new Set(dead)].map((path) => `${document}: ${path}`);
  });
}
