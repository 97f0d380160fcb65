// `npm run load` as a real process: what it says to bad usage. No k6 is needed for that.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sceneOfEachTest } from './command.fixture.ts';
import { freePort } from './system/ports.ts';

const command = 'harness/load.ts';
const here = sceneOfEachTest();

const load = (...args: string[]) => here.run(command, [...args, '--out', here.outDir]);

describe('bad usage is one line and 64', () => {
  test.each([
    [
      ['smokee'],
      '"smokee" is no scenario; there are smoke, average, stress, spike, soak, breakpoint, during-chaos',
    ],
    [['--queue', 'kafka'], 'queue "kafka": no such adapter; known are'],
    [['--rate', 'fast'], "'fast' is invalid"],
  ])('%j', async (args, says) => {
    const { exitCode, stdout, stderr } = await load(...args);
    expect({ exitCode, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({
      exitCode: 64,
      stdout: '',
      lines: 1,
    });
    expect(stderr).toContain(says);
  });

  test('a target that is down', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { exitCode, stdout, stderr } = await load('--target', url);
    expect({ exitCode, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({
      exitCode: 64,
      stdout: '',
      lines: 1,
    });
    expect(stderr).toContain(`--target ${url}: nothing answers there (ECONNREFUSED)`);
    expect(existsSync(join(here.outDir, 'latest'))).toBe(false);
  });

  test('K6 that is none', async () => {
    const { exitCode, stderr } = await here.run(command, ['--out', here.outDir], { K6: '/nowhere/k6' });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 64,
      stderr: 'K6=/nowhere/k6: /nowhere/k6 does not exist; expected the path of a k6 2.0 or newer\n',
    });
  });

  test('--help says what there is', async () => {
    const { exitCode, stdout } = await load('--help');
    expect(exitCode).toBe(0);
    for (const text of [
      '--rate',
      '--duration',
      '--workers',
      '--queue',
      '--target',
      '--ws',
      '--seed',
      'during-chaos',
    ]) {
      expect(stdout).toContain(text);
    }
  });
});
