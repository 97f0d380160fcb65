// `npm run dashboards`: what is committed is what the code makes, in every run the same; a difference and bad flags are said.

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generatedFiles } from './build.ts';

const root = resolve(import.meta.dirname, '..');
const copy = mkdtempSync(join(tmpdir(), 'redproof-dashboards-'));
beforeAll(() => {
  for (const part of ['dashboards', 'loadtests', 'package.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const run = async (args: string[], cwd = copy) => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ['dashboards/main.ts', ...args], {
    cwd,
    reject: false,
  });
  return { exitCode, stdout, stderr };
};
const overview = join(copy, 'dashboards/generated/redproof-overview.json');

test('what is committed is what the code makes of it', async () => {
  expect(await run(['--check'], root)).toEqual({
    exitCode: 0,
    stdout: '8 files are what the code makes of them',
    stderr: '',
  });
});

test('the files that differ are named, one that is left over too; the next run puts it right', async () => {
  const before = readFileSync(overview, 'utf8');
  writeFileSync(overview, before.replace('"Redproof / Overview"', '"Mine"'));
  rmSync(join(copy, 'dashboards/alerts/rules.yml'));
  writeFileSync(join(copy, 'dashboards/generated/old.json'), '{}');
  const { exitCode, stderr } = await run(['--check']);
  expect(exitCode).toBe(1);
  expect(stderr.split('\n')).toEqual([
    'dashboards/generated/redproof-overview.json is not what the code makes of it',
    'dashboards/alerts/rules.yml is not what the code makes of it',
    'dashboards/generated/old.json is not what the code makes of it',
    'run `npm run dashboards` and commit what it writes',
  ]);
  expect(await run([])).toMatchObject({ exitCode: 0, stdout: '8 files written to dashboards' });
  expect(readFileSync(overview, 'utf8')).toBe(before);
  expect(await run(['--check'])).toMatchObject({ exitCode: 0 });
});

test.each([['--frob'], ['here'], ['--check=yes']])('%s is refused', async (flag) => {
  const { exitCode, stderr } = await run([flag]);
  expect(exitCode).toBe(64);
  expect(stderr).toBe(`npm run dashboards: ${flag}: expected nothing, or --check`);
});

test('the same code gives the same bytes', () => {
  expect(generatedFiles()).toEqual(generatedFiles());
});
