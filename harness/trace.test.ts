// `npm run trace` as a real process, on a run that was made up: it tells the story, and what it says when there is none.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Scene, scene } from './command.fixture.ts';
import { faults, job, lostAttempt, trace } from './report/testing/lost-attempt.ts';

const dir = mkdtempSync(join(tmpdir(), 'trace-test-'));
const run = join(dir, 'run');
let here: Scene;
beforeAll(() => {
  here = scene(dir);
  const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  const events = faults.flatMap(({ healedAtMs, ...fault }, n) => [
    { type: 'fault', step: 'inject', fault: n, ...fault },
    { type: 'fault', step: 'heal', fault: n, ...fault, atMs: healedAtMs, proof: {} },
  ]);
  const store = (arm: string, spans: readonly unknown[]) => {
    mkdirSync(join(run, arm), { recursive: true });
    // The last line is torn, as a SIGKILL of the harness may leave it.
    writeFileSync(join(run, arm, 'spans.ndjson'), `${lines(spans)}{"atMs":1,"durat`);
    writeFileSync(join(run, arm, 'history.ndjson'), lines(events));
  };
  store('claims/fault/x', lostAttempt);
  store(
    'claims/fault/x/control',
    lostAttempt.filter(({ service }) => service === 'api'),
  );
  store(
    'claims/fault/y',
    lostAttempt.map((span) => ({ ...span, trace: 'f'.repeat(32), attributes: {} })),
  );
  mkdirSync(join(dir, 'silent/claims/a/b'), { recursive: true });
});
afterAll(() => {
  expect(here.left()).toEqual([]);
  rmSync(dir, { recursive: true, force: true });
});

const tell = (...args: string[]) => here.run('harness/trace.ts', args);

describe('the story', () => {
  test('of a job: in each experiment that has it, as a tree, without escape codes on a pipe', async () => {
    const { exitCode, stdout, stderr } = await tell(job, '--run', run);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [claim = '', control = '', meaning] = stdout.split('\n\n');
    expect(claim).toContain(`job ${job}  fault/x, claim\ntrace ${trace}`);
    expect(claim).toMatch(
      /worker-1 +├─ † process submissions +attempt 1 .*\n.*\n.*✱ worker-kill\n.*\n.*process submissions +attempt 2/,
    );
    expect(claim.split('\n')).toHaveLength(10);
    expect(control).toContain('fault/x, control');
    expect(control.split('\n')).toHaveLength(5);
    expect(meaning).toMatch(/^†.*✱ a fault\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  test('of a trace, in capitals too', async () => {
    const { exitCode, stdout } = await tell('F'.repeat(32), '--run', run);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`trace ${'f'.repeat(32)}  fault/y, claim`);
  });

  test('--help', async () => {
    const { exitCode, stdout } = await tell('--help');
    expect(exitCode).toBe(0);
    for (const text of ['--run', 'runs/latest', 'Exit status']) expect(stdout).toContain(text);
  });
});

test.each([
  { args: [], says: ['job or trace', '--help'] },
  { args: ['nope'], says: ['"nope"', '26 characters', '32 hexadecimal'] },
  { args: [''], says: ['""', '26 characters'] },
  { args: [job, trace], says: [`"${trace}" belongs to no flag`] },
  { args: [job, '--nope'], says: ["'--nope'"] },
  { args: [job, '--run'], says: ['--run', 'missing'] },
  {
    args: [job, '--run', join(dir, 'nothing')],
    says: [join(dir, 'nothing'), 'no run is stored', 'runs/latest'],
  },
  { args: ['a'.repeat(26), '--run', run], says: [`no span of job ${'a'.repeat(26)}`, 'results.json'] },
  { args: ['0'.repeat(32), '--run', run], says: [`no span of trace ${'0'.repeat(32)}`] },
  { args: [job, '--run', join(dir, 'silent')], says: ['silent has no spans'] },
])('$args: one line that says what is wrong and what is right', async ({ args, says }) => {
  const { exitCode, stdout, stderr } = await tell(...args);
  const lines = stderr.trim().split('\n').length;
  expect({ exitCode, stdout, lines }).toEqual({ exitCode: 64, stdout: '', lines: 1 });
  for (const text of says) expect(stderr).toContain(text);
});
