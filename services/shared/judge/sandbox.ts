// Judges a submission against its problem's tests on QuickJS (WebAssembly), on the calling thread, a fresh runtime for
// each test. It blocks that thread, and some native loops of QuickJS never look at the clock: who must answer in time
// keeps it on a thread that can be terminated (services/worker/pool.ts). A program gets `console.log` and `sleep(ms)`,
// which stands for waiting on I/O, and nothing else of the host.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Judgement, Submission, Verdict } from '../contract.ts';
import { loadInstance } from './instance.ts';
import type { SandboxLimits } from './limits.ts';
import { findProblem, type ProblemTest } from './problems.ts';
import { type Run, type RunEnd, runProgram } from './run-program.ts';

export interface Sandbox {
  /** Runs all tests, up to the first that breaks the time or memory limit. Blocks. Throws only if it is spent. */
  judge(submission: Submission, limits: SandboxLimits): Judgement;
  /** A limit broke inside: load another one (about 10 ms) before the next submission. */
  readonly spent: boolean;
}

export async function loadSandbox(): Promise<Sandbox> {
  const instance = await loadInstance();
  let spent = false;
  return {
    get spent() {
      return spent;
    },
    judge({ problemId, code }, limits) {
      assert(!spent, 'a spent sandbox was used again');
      const problem = findProblem(problemId);
      if (problem === undefined) return refusal(`no such problem: ${problemId}`);
      const beganMs = performance.now();
      const deadlineMs = beganMs + limits.timeLimitMs;
      let passed = 0;
      let failure: { verdict: Verdict; message: string } | undefined;
      for (const [index, test] of problem.tests.entries()) {
        const run = runProgram(instance, code, JSON.stringify(test.input), deadlineMs, limits);
        const verdict = verdictOf(run, test);
        if (verdict === 'AC') passed++;
        else failure ??= { verdict, message: explain(run, test, index, verdict, limits) };
        spent ||= run.spent;
        if (spent) break;
      }
      const runMs = Math.round((performance.now() - beganMs) * 100) / 100;
      return { verdict: 'AC', ...failure, passed, total: problem.tests.length, runMs };
    },
  };
}

/** The judgement of what cannot be run at all. */
export function refusal(why: string): Judgement {
  return { verdict: 'RE', passed: 0, total: 0, runMs: 0, message: cut(why, 500) };
}

const verdictOfEnd = {
  threw: 'RE',
  'too-much-output': 'RE',
  'out-of-time': 'TLE',
  'out-of-memory': 'MLE',
} as const;

function verdictOf(run: RunEnd, test: ProblemTest): Verdict {
  if (run.end !== 'returned') return verdictOfEnd[run.end];
  if (run.result === undefined) return 'WA';
  const expected = JSON.stringify(test.expected);
  if (run.result === expected) return 'AC';
  // Equal values differ at most in the order of their keys, so their texts are equally long. This also bounds the depth.
  if (run.result.length !== expected.length) return 'WA';
  return isDeepStrictEqual(JSON.parse(run.result), test.expected) ? 'AC' : 'WA';
}

/** For the submitter. Of a hidden test it shows nothing that the program could have copied out of the input. */
function explain(
  run: RunEnd & Run,
  test: ProblemTest,
  index: number,
  verdict: Verdict,
  limits: SandboxLimits,
): string {
  const name = `${test.visible ? 'test' : 'hidden test'} ${index + 1}`;
  const why = {
    returned: () => (test.visible ? wrongAnswer(run, test) : 'wrong answer'),
    threw: () => (test.visible && run.end === 'threw' ? cutStack(run.description) : 'it threw an error'),
    'too-much-output': () => `over the output limit of ${limits.outputLimitBytes} bytes`,
    'out-of-time': () => `over the time limit of ${limits.timeLimitMs} ms`,
    'out-of-memory': () => `over the memory limit of ${limits.memoryLimitBytes} bytes`,
  }[run.end]();
  const showOutput = test.visible && run.output !== '' && verdict !== 'TLE' && verdict !== 'MLE';
  return cut(`${name}: ${why}${showOutput ? `\noutput: ${cut(run.output, 150)}` : ''}`, 500);
}

function wrongAnswer(run: RunEnd, { input, expected }: ProblemTest): string {
  const got = (run.end === 'returned' && run.result) || 'no JSON value';
  const [given, wanted] = [JSON.stringify(input), JSON.stringify(expected)];
  return `for ${cut(given, 100)} expected ${cut(wanted, 100)}, got ${cut(got, 100)}`;
}

/** The message and the first frames: a deep recursion would bring thousands. */
function cutStack(description: string): string {
  const lines = description.split('\n').filter((line) => line.trim() !== '' && !line.includes('prelude.js'));
  const frames = lines.findIndex((line) => line.startsWith('    at '));
  return cut((frames < 0 ? lines : lines.slice(0, frames + 3)).join('\n'), 300);
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
