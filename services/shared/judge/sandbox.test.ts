// Every verdict, every limit, and programs that mean harm: each must end in a judgement, in time, without a host detail.

import { describe, expect, test } from 'vitest';
import { judgementSchema } from '../contract.ts';
import { loadSandbox } from './sandbox.ts';
import { hostile } from './testing/hostile-programs.ts';

const limits = {
  timeLimitMs: 5000,
  memoryLimitBytes: 16 << 20,
  stackLimitBytes: 256 << 10,
  outputLimitBytes: 64 << 10,
};

async function judge(
  code: string,
  { problemId = 'echo', ...changed }: Partial<typeof limits & { problemId: string }> = {},
) {
  const sandbox = await loadSandbox();
  const beganMs = performance.now();
  const judgement = sandbox.judge({ problemId, language: 'javascript', code }, { ...limits, ...changed });
  // What any judgement must be, whatever the program did.
  judgementSchema.parse(judgement);
  expect(judgement.message ?? '').not.toMatch(/\/work|node_modules|file:|emscripten|wasm|prelude/i);
  return { ...judgement, tookMs: performance.now() - beganMs, spent: sandbox.spent, sandbox };
}

describe('verdicts', () => {
  test('AC', async () => {
    const { verdict, passed, total, message, spent } = await judge('function solve(x) { return x; }');
    expect({ verdict, passed, total, message, spent }).toEqual({
      verdict: 'AC',
      passed: 2,
      total: 2,
      message: undefined,
      spent: false,
    });
  });

  test('AC for a result whose keys come in another order', async () => {
    const code = `function solve(x) { return typeof x === 'string' ? x : { a: x.a }; }`;
    expect((await judge(code)).verdict).toBe('AC');
    const counted = `function solve(t) { return t ? { dog: 1, and: 1, cat: 1, the: 2 } : {}; }`;
    expect(await judge(counted, { problemId: 'word-count' })).toMatchObject({ verdict: 'WA', passed: 2 });
  });

  test('WA says what was expected of a visible test, and what was printed', async () => {
    const { message } = await judge('function solve(x) { console.log("got", x, {y: 1}, null); return 7; }');
    expect(message).toBe('test 1: for "hello" expected "hello", got 7\noutput: got hello {"y":1} null');
  });

  test('nothing of a hidden test is shown', async () => {
    const leak = 'console.log(JSON.stringify(x)); throw new Error(JSON.stringify(x));';
    for (const end of ['return JSON.stringify(x);', leak, 'console.log(JSON.stringify(x)); return 1;']) {
      const { message, passed } = await judge(
        `function solve(x) { if (typeof x === 'string') return x; ${end} }`,
      );
      expect(passed).toBe(1);
      expect(message).toMatch(/^hidden test 2: (wrong answer|it threw an error)$/);
    }
  });

  test('all tests are run after a wrong one', async () => {
    expect(await judge('function solve(x) { return x === "hello" ? 1 : x; }')).toMatchObject({
      verdict: 'WA',
      passed: 1,
      total: 2,
    });
  });

  test.each([
    ['for (;;);', 0, 200],
    ['sleep(1e9);', 0, 200],
    // The first test fits in, the second does not.
    ['sleep(1000);', 1, 1800],
  ])('TLE: the time counts for all tests together: %s', async (code, passes, timeLimitMs) => {
    const { verdict, tookMs, passed } = await judge(`function solve(x) { ${code} return x; }`, {
      timeLimitMs,
    });
    expect({ verdict, passed }).toEqual({ verdict: 'TLE', passed: passes });
    expect(tookMs).toBeGreaterThanOrEqual(timeLimitMs);
    expect(tookMs).toBeLessThan(timeLimitMs + 2000);
  });

  test('sleep waits that long, without the processor', async () => {
    const usedBefore = process.cpuUsage();
    const { verdict, runMs } = await judge('function solve(x) { sleep(150); return x; }');
    const used = process.cpuUsage(usedBefore);
    expect(verdict).toBe('AC');
    expect(runMs).toBeGreaterThanOrEqual(299);
    expect((used.user + used.system) / 1000).toBeLessThan(150);
  });

  test('each test has a fresh world', async () => {
    const code = `
      Array.prototype.seen = (Array.prototype.seen ?? 0) + 1;
      globalThis.runs = (globalThis.runs ?? 0) + 1;
      function solve(x) { if (runs !== 1 || [].seen !== 1) throw new Error('not fresh'); return x; }`;
    const { verdict, sandbox } = await judge(code);
    expect(verdict).toBe('AC');
    expect(sandbox.judge({ problemId: 'echo', language: 'javascript', code }, limits).verdict).toBe('AC');
  });

  test('an unknown problem', async () => {
    expect(await judge('1', { problemId: 'nope' })).toMatchObject({ verdict: 'RE', total: 0 });
  });

  test('a spent sandbox refuses', async () => {
    const { sandbox, spent } = await judge('for (;;);', { timeLimitMs: 50 });
    expect(spent).toBe(true);
    expect(() => sandbox.judge({ problemId: 'echo', language: 'javascript', code: '1' }, limits)).toThrow(
      /spent/,
    );
  });
});

describe('hostile programs end', () => {
  test.each(hostile)('%s', async (_name, code, verdict, message) => {
    // On a loaded machine too, what ends by itself has the time for it.
    const timeLimitMs =
      verdict === 'TLE' ? 200 : Array.isArray(verdict) && verdict.includes('TLE') ? 1000 : 10_000;
    const judged = await judge(code, { timeLimitMs });
    expect([verdict].flat()).toContain(judged.verdict);
    if (message) expect(judged.message).toMatch(message);
    expect(judged.tookMs).toBeLessThan(timeLimitMs + 5000);
  });
});

describe('nothing of the host can be reached', () => {
  test.each([
    'process',
    'require',
    'module',
    'global',
    'Buffer',
    'fetch',
    'setTimeout',
    'WebAssembly',
    'std',
    'os',
    'scriptArgs',
    '__dirname',
    'Deno',
    'Worker',
    'Atomics',
    'print',
    'pause',
  ])('%s', async (name) => {
    const code = `function solve(x) { if (typeof ${name} !== 'undefined') throw new Error('reached'); return x; }`;
    expect(await judge(code)).toMatchObject({ verdict: 'AC' });
  });

  test.each([
    `solve.constructor('return process')()`,
    `console.log.constructor('return process')()`,
    `sleep.constructor.constructor('return process.env')()`,
    `globalThis.constructor.constructor('return this.process.exit()')()`,
    `(0, eval)('require("fs")')`,
    `console.log.caller.arguments`,
    `console.log.call({ get constructor() { return process; } }, process)`,
  ])('%s', async (attempt) => {
    const { verdict, message } = await judge(`function solve(x) { return ${attempt}; }`);
    expect(verdict).toBe('RE');
    expect(message).toMatch(/ReferenceError|TypeError/);
  });

  test('import', async () => {
    expect((await judge('import fs from "node:fs"; function solve(x) { return x; }')).verdict).toBe('RE');
    // A promise that nobody waits for; there is nothing to load it from either.
    const code =
      'let got; import("node:fs").then((m) => { got = m; }); function solve(x) { return got ?? x; }';
    expect((await judge(code)).verdict).toBe('AC');
  });
});

test('memory is what the limit says, give or take a little', async () => {
  const holding = (megabytes: number) =>
    judge(
      `function solve(x) { const a = []; for (let i = 0; i < ${megabytes}; i++) a.push(new Uint8Array(1e6)); return x; }`,
      { memoryLimitBytes: 64 << 20, timeLimitMs: 2000 },
    );
  expect((await holding(55)).verdict).toBe('AC');
  const { verdict, spent } = await holding(75);
  expect({ verdict, spent }).toEqual({ verdict: 'MLE', spent: true });
  // One that catches the refusal and answers is right, but its instance is not used again.
  const code =
    'function solve(x) { try { const a = []; for (;;) a.push(new Uint8Array(1e6)); } catch {} return x; }';
  expect((await judge(code)).spent).toBe(true);
});

test('the smallest limits that the settings allow', async () => {
  const smallest = { memoryLimitBytes: 1 << 20, stackLimitBytes: 16 << 10, outputLimitBytes: 0 };
  expect((await judge('function solve(x) { return x; }', smallest)).verdict).toBe('RE');
  expect((await judge('for (;;);', { ...smallest, timeLimitMs: 10 })).verdict).toBe('TLE');
});
