// The catalogue: its shape, that each problem can be solved, and that hidden tests stay hidden.

import { describe, expect, test } from 'vitest';
import { submissionSchema } from '../contract.ts';
import { findProblem, problems, publicProblem } from './problems.ts';
import { loadSandbox } from './sandbox.ts';

const limits = {
  timeLimitMs: 5000,
  memoryLimitBytes: 32 << 20,
  stackLimitBytes: 256 << 10,
  outputLimitBytes: 64 << 10,
};

const solutions: Record<string, string> = {
  echo: 'const solve = (x) => x;',
  'sum-two': 'function solve([a, b]) { return a + b; }',
  'reverse-string': `function solve(text) { return [...text].reverse().join(''); }`,
  'fizz-buzz': `function solve(n) {
    return Array.from({ length: n }, (_, i) => ((i + 1) % 3 ? '' : 'Fizz') + ((i + 1) % 5 ? '' : 'Buzz') || String(i + 1));
  }`,
  'balanced-brackets': `function solve(text) {
    const open = [];
    for (const c of text) {
      if ('([{'.includes(c)) open.push(c);
      else if (')]}'.includes(c) && open.pop() !== '([{'[')]}'.indexOf(c)]) return false;
    }
    return open.length === 0;
  }`,
  'word-count': `function solve(text) {
    const counts = new Map();
    for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
    return Object.fromEntries([...counts].reverse());
  }`,
  'shortest-path': `function solve({ nodes, edges, from, to }) {
    const least = Array(nodes).fill(Infinity);
    least[from] = 0;
    for (let round = 0; round < nodes; round++)
      for (const [a, b, weight] of edges) {
        least[b] = Math.min(least[b], least[a] + weight);
        least[a] = Math.min(least[a], least[b] + weight);
      }
    return least[to] === Infinity ? -1 : least[to];
  }`,
  'primes-below': `function solve(n) {
    const primes = [];
    for (let i = 2; i < n; i++) if (primes.every((p) => i % p)) primes.push(i);
    return primes;
  }`,
};

describe('the catalogue', () => {
  test('has at least six problems with unique, valid ids', () => {
    const ids = problems.map((problem) => problem.id);
    expect(ids.length).toBeGreaterThanOrEqual(6);
    expect(new Set(ids).size).toBe(ids.length);
    for (const problemId of ids) submissionSchema.parse({ problemId, language: 'javascript', code: 'x' });
  });

  test.each(
    problems.map((problem) => [problem.id, problem] as const),
  )('%s shows its first test, hides one, and no input solves itself', async (id, problem) => {
    // The messages of the judge count on it: errors of the whole program show in a visible test.
    expect(problem.tests[0]?.visible).toBe(true);
    expect(problem.tests.some((one) => !one.visible)).toBe(true);
    const sandbox = await loadSandbox();
    const judged = (code: string) => sandbox.judge({ problemId: id, language: 'javascript', code }, limits);
    const total = problem.tests.length;
    expect(judged(solutions[id]!)).toMatchObject({ verdict: 'AC', passed: total, total });
    expect(judged('function solve() { return 42; }').verdict).toBe('WA');
  });

  test('echo has exactly one visible and one hidden test', () => {
    expect(findProblem('echo')?.tests.map((one) => one.visible)).toEqual([true, false]);
  });

  test('the public view has no hidden test in it', () => {
    const view = publicProblem(findProblem('sum-two')!);
    expect(view).toMatchObject({ id: 'sum-two', hiddenTests: 2 });
    expect(view.tests).toEqual([
      { input: [1, 2], expected: 3 },
      { input: [-5, 5], expected: 0 },
    ]);
    expect(JSON.stringify(view)).not.toContain('0.25');
  });
});
