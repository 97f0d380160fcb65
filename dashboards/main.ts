// `npm run dashboards`: writes the generated files. `--check`: writes nothing, and names those that differ from the code.
// Exit status: 0 done or no difference, 1 a difference, 64 bad usage.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { generatedFiles } from './build.ts';

const here = import.meta.dirname;
const files = generatedFiles();
const shown = (file: string) => relative(process.cwd(), join(here, file));

/** Of a dashboard that is no more. */
const leftOver = readdirSync(join(here, 'generated'))
  .map((name) => `generated/${name}`)
  .filter((file) => !files.has(file));

const check = wantsCheck();
if (check === undefined) process.exitCode = 64;
else if (check) {
  const different = [
    ...[...files].filter(([file, text]) => read(file) !== text).map(([file]) => file),
    ...leftOver,
  ];
  for (const file of different) process.stderr.write(`${shown(file)} is not what the code makes of it\n`);
  if (different.length > 0) {
    process.stderr.write('run `npm run dashboards` and commit what it writes\n');
    process.exitCode = 1;
  } else process.stdout.write(`${files.size} files are what the code makes of them\n`);
} else {
  for (const [file, text] of files) {
    mkdirSync(dirname(join(here, file)), { recursive: true });
    writeFileSync(join(here, file), text);
  }
  for (const file of leftOver) rmSync(join(here, file));
  process.stdout.write(`${files.size} files written to ${shown('')}\n`);
}

/** `undefined`: the flags are wrong, and it was said. */
function wantsCheck(): boolean | undefined {
  try {
    return parseArgs({ options: { check: { type: 'boolean', default: false } } }).values.check;
  } catch {
    const given = process.argv.slice(2).join(' ');
    process.stderr.write(`npm run dashboards: ${given}: expected nothing, or --check\n`);
    return undefined;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(join(here, file), 'utf8');
  } catch {
    return undefined;
  }
}
