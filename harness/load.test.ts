// `npm run load` as a real process, with a real k6: every scenario in a short form, what is said when something is wrong, and what
// is left afterwards: nothing. Where k6 can neither be found nor built, these are skipped and say so.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { JournalLine } from '../loadtests/lib/journal.ts';
import { projectRoot, sceneOfEachTest } from './command.fixture.ts';
import type { LoadResults } from './load/results.ts';
import { startDeadMan } from './system/dead-man.ts';
import { freePort } from './system/ports.ts';
import { commandLine, hasProc } from './system/proc.ts';
import { provideK6 } from './toolchain/k6.ts';
import { waitUntil } from './wait.ts';

const command = 'harness/load.ts';
const escapeCode = '\u001b';
const here = sceneOfEachTest();
let whyNoK6: string | undefined;

// It was provided before all tests, if it could be.
beforeAll(async () => {
  const deadMan = await startDeadMan();
  const signal = new AbortController().signal;
  const silent = () => {};
  await provideK6({ root: projectRoot, env: process.env, deadMan, say: silent, progress: silent, signal })
    .catch((error: Error) => {
      whyNoK6 = error.message.split('\n').slice(0, 5).join(' ');
    })
    .finally(deadMan.dismiss);
}, 20 * 60_000);
const needsK6 = ({ skip }: TestContext) => skip(whyNoK6 !== undefined, whyNoK6);
const load = (...args: string[]) => here.run(command, [...args, '--out', here.outDir]);
const stored = (name: string) => readFileSync(join(here.outDir, 'latest/load', name), 'utf8');
const results = () => JSON.parse(stored('results.json')) as LoadResults;
const journal = () =>
  stored('submissions.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalLine);
/** How fast it is, is not the tests' business: they share the machine with others. */
const missedButLatency = (summary: LoadResults['summary']) =>
  summary?.objectives.filter(({ says, met }) => met !== true && !/ p9\d /.test(says));
const short = ['--rate', '10', '--duration', '3s'];

describe('each scenario for real', () => {
  test('smoke: the table, results.json, JUnit, the HTML report, and a line for each submission', {
    timeout: 90_000,
  }, async (context) => {
    needsK6(context);
    const { exitCode, stdout, stderr } = await load('smoke', ...short);
    expect(stderr).toBe('');
    expect(stdout).toContain('30 of 30 submissions accepted, 0 dropped');
    expect(stdout).toContain('✔  no wrong verdict');
    expect(stdout).not.toContain(escapeCode);
    const { passed, summary, run } = results();
    expect(missedButLatency(summary), stdout).toEqual([]);
    expect(exitCode).toBe(passed ? 0 : 1);
    expect({ errors: summary?.errors, queue: run.judge?.queue }).toEqual({
      errors: {},
      queue: 'reliable-list',
    });
    expect(summary).toMatchObject({ offered: 30, sent: 30, accepted: 30, dropped: 0, rateMet: true });
    expect(summary?.verdicts).toEqual({ seen: 30, byWebSocket: 30, byGet: 0, wrong: 0 });
    expect(stored('junit.xml')).toContain(`tests="${summary!.objectives.length}"`);
    expect(stored('report.html')).toContain('<html');
    const lines = journal();
    expect(lines.filter(({ event }) => event === 'accepted')).toHaveLength(30);
    // Every program in turn: all verdicts that there are were asked for, and came.
    const verdicts = lines.flatMap((line) => (line.event === 'verdict' ? line.verdict : []));
    expect([...new Set(verdicts)].toSorted()).toEqual(['AC', 'MLE', 'RE', 'TLE', 'WA']);
    expect(readdirSync(join(here.outDir, 'latest/load/logs')).toSorted()).toContain('api-1.log');
  });

  test.for(['average', 'stress', 'spike', 'soak'])('%s', { timeout: 90_000 }, async (name, context) => {
    needsK6(context);
    const { exitCode, stdout } = await load(name, ...short);
    const { summary } = results();
    expect({ name: summary?.scenario, wrong: summary?.verdicts.wrong }).toEqual({ name, wrong: 0 });
    expect(summary!.sent).toBeGreaterThanOrEqual(Math.floor(summary!.offered * 0.99) - 2);
    expect(summary!.accepted).toBe(summary!.sent);
    expect(missedButLatency(summary), stdout).toEqual([]);
    expect(exitCode).toBe(results().passed ? 0 : 1);
  });

  test('breakpoint: steps, the highest rate, and what gave out', { timeout: 130_000 }, async (context) => {
    needsK6(context);
    const { exitCode, stdout } = await load(
      'breakpoint',
      '--rate',
      '40',
      '--duration',
      '1s',
      '--workers',
      '1',
    );
    const { breakpoint } = results();
    expect(breakpoint!.steps.length).toBeGreaterThan(1);
    expect(breakpoint!.lowestMissed, stdout).not.toBeNull();
    expect(breakpoint!.limit!.says).toMatch(/\S{3}/);
    expect(stdout).toContain('what gave out: ');
    expect(exitCode).toBe(breakpoint!.highestMet === null ? 1 : 0);
    const [first] = breakpoint!.steps;
    expect(Object.keys(first!.resources.cores).toSorted()).toEqual([
      'api',
      'k6',
      'redis',
      'subscriber',
      'worker',
    ]);
    expect(first!.resources.lagMsMost).not.toBeNull();
  });

  test('during-chaos: both accounts add up', { timeout: 120_000 }, async (context) => {
    needsK6(context);
    const { exitCode, stdout } = await load('during-chaos', '--rate', '15', '--duration', '8s');
    const { accounts, summary } = results();
    expect(accounts, stdout).toMatchObject({
      lost: 0,
      doneManyTimes: 0,
      phantom: 0,
      unexpected: 0,
      disagreeing: 0,
    });
    expect(accounts!.accepted).toBe(accounts!.doneOnce);
    expect(accounts!.accepted).toBe(summary!.accepted);
    expect(accounts!.faults.redisRestarts).toBeGreaterThan(0);
    expect(accounts!.faults.workerKills).toBeGreaterThan(0);
    expect(stdout).toContain(`${accounts!.accepted} accepted by the clients' account`);
    // What the machine has beside this decides whether the rate is met; nothing else may be missed.
    const ofTheRate = /^no submission was dropped$|^≥ \d+ submissions were sent$/;
    const missed = missedButLatency(summary)!.filter(({ says }) => !ofTheRate.test(says));
    expect(missed, stdout).toEqual([]);
    expect(exitCode).toBe(results().passed ? 0 : 1);
  });

  test('during-chaos on the plain list: what was lost is counted and named', {
    timeout: 120_000,
  }, async (context) => {
    needsK6(context);
    const args = ['--rate', '15', '--duration', '8s', '--queue', 'list'];
    const { exitCode, stdout } = await load('during-chaos', ...args);
    const { accounts } = results();
    expect(accounts!.lost, stdout).toBeGreaterThan(0);
    expect(stdout).toMatch(/✘ {2}no accepted submission was lost +[1-9]/);
    expect(exitCode).toBe(1);
  });
});

describe('what must fail does', () => {
  test('a rate that cannot be met is said, and its latency is not judged', {
    timeout: 90_000,
  }, async (context) => {
    needsK6(context);
    const { exitCode, stdout } = await load('soak', '--rate', '3000', '--duration', '2s', '--workers', '1');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('THE RATE WAS NOT MET: offered 3,000/s, achieved ');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('the latency below is not to be believed');
    const { summary } = results();
    expect(summary!.rateMet).toBe(false);
    expect(summary!.objectives.filter(({ met }) => met === null)).toHaveLength(4);
    expect(stored('junit.xml')).toContain('skipped="4"');
  });

  test('--json: results on standard output, the table on standard error', {
    timeout: 90_000,
  }, async (context) => {
    needsK6(context);
    const { stdout, stderr } = await load('smoke', '--rate', '10', '--duration', '1s', '--json');
    expect(JSON.parse(stdout)).toEqual(results());
    expect(stderr).toContain('submissions accepted');
    expect(stdout + stderr).not.toContain(escapeCode);
  });
});

describe.runIf(hasProc)('a judge that runs already, and interruption', () => {
  test('--target: it is loaded, and stays', { timeout: 90_000 }, async (context) => {
    needsK6(context);
    const judge = here.run('harness/start.ts', ['--port', String(await freePort()), '--workers', '1']);
    let said = '';
    judge.stdout!.on('data', (text: Buffer) => {
      said += text;
    });
    await waitUntil(() => said.includes('Ctrl-C'), { what: 'the judge to be up', deadlineMs: 30_000 });
    const [, url] = /API +(\S+)/.exec(said)!;
    const [, ws] = /WebSocket +(\S+)/.exec(said)!;
    const { exitCode, stdout } = await load('smoke', '--target', url!, '--ws', ws!, ...short);
    expect(stdout).toContain('30 of 30 submissions accepted');
    expect(results().run).toMatchObject({ judge: null, target: url });
    expect(exitCode, stdout).toBe(results().passed ? 0 : 1);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    judge.kill('SIGINT');
    expect((await judge).exitCode).toBe(0);
  });

  const underWay = async () => {
    const run = load('soak', '--rate', '10', '--duration', '60s');
    const k6 = () => here.processes().some(({ pid }) => commandLine(pid).includes('soak.ts'));
    const lines = () => stored('submissions.ndjson').split('\n').length;
    const accepted = () => existsSync(join(here.outDir, 'latest/load/submissions.ndjson')) && lines() > 5;
    await waitUntil(() => k6() && accepted(), { what: 'k6 to be at work', deadlineMs: 40_000 });
    return { run };
  };

  test('Ctrl-C, sent twice as npm does: 130 within 3 s, what k6 had is kept, nothing is left', {
    timeout: 90_000,
  }, async (context) => {
    needsK6(context);
    const { run } = await underWay();
    const beganMs = performance.now();
    run.kill('SIGINT');
    run.kill('SIGINT');
    const { exitCode, stderr } = await run;
    expect(performance.now() - beganMs).toBeLessThan(3000);
    expect(exitCode).toBe(130);
    expect(stderr).toBe('\ninterrupted (SIGINT); all that the run had started is gone\n');
  });

  test('k6 dies by itself: 70, and its end is told', { timeout: 90_000 }, async (context) => {
    needsK6(context);
    const { run } = await underWay();
    const k6 = here.processes().find(({ pid }) => commandLine(pid).includes('soak.ts'))!;
    process.kill(k6.pid, 'SIGKILL');
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(70);
    expect(stderr).toContain('k6 ended (SIGKILL) without a result');
  });

  test('SIGKILL: 5 s later nothing is left', { timeout: 90_000 }, async (context) => {
    needsK6(context);
    const { run } = await underWay();
    run.kill('SIGKILL');
    await waitUntil(() => here.left().length === 0, { what: 'nothing to be left', deadlineMs: 5000 });
    await run;
  });
});
