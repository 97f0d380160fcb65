// `npm run docs`: puts the tables of a run (runs/latest, or the directory that is given) into docs/persistence.md, between
// its two markers. Exit status: 0 done, 64 no such run, or one without persistence claims.

import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitWith, write } from './command.ts';
import { measuredTables } from './report/markdown.ts';
import type { Results } from './report/result.ts';

const projectRoot = resolve(import.meta.dirname, '..');
const page = join(projectRoot, 'docs/persistence.md');
const markers = /(<!-- measured -->\n)[\s\S]*?(<!-- \/measured -->)/;
const run = resolve(process.argv[2] ?? join(projectRoot, 'runs/latest'));

try {
  const results = JSON.parse(readFileSync(join(run, 'results.json'), 'utf8')) as Results;
  const tables = measuredTables(results);
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(markers, (_, begin, end) => `${begin}${tables}\n${end}`),
  );
  await write(process.stdout, `docs/persistence.md now shows ${run}\n`);
} catch (error) {
  await write(
    process.stderr,
    `${(error as Error).message}; expected the directory of a run with persistence claims\n`,
  );
  await exitWith(64);
}
