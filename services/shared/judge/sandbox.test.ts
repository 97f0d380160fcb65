// Every verdict, every limit, and programs that mean harm: each must end in a judgement, in time, without a host detail.

import { describe, expect, test } from 'vitest';
import { judgementSchema, type Verdict } from '../contract.ts';
import { loadSandbox } from './sandbox.ts';

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

// Verdicts that differ between machines are given as alternatives: what matters is that they end, and how.
const hostile: [name: string, code: string, verdict: Verdict | Verdict[], message?: RegExp][] = [
  ['endless loop at the top', 'for (;;);', 'TLE'],
  ['endless loop in finally', 'function solve() { try { for (;;); } finally { for (;;); } }', 'TLE'],
  ['catches the interrupt', 'function solve() { for (;;) try { for (;;); } catch {} }', 'TLE'],
  ['catches and sleeps again', 'function solve() { for (;;) try { sleep(1e9); } catch {} }', 'TLE'],
  [
    'endless generator',
    'function* g() { for (;;) yield 1; } function solve() { return [...g()]; }',
    ['TLE', 'MLE'],
  ],
  ['allocates numbers', 'function solve() { const a = []; for (;;) a.push(1); }', ['MLE', 'TLE']],
  ['allocates nested arrays', 'function solve() { let a = []; for (;;) a = [a]; }', ['MLE', 'TLE']],
  [
    'allocates big strings',
    'function solve() { const a = []; for (;;) a.push("x".repeat(1e6) + a.length); }',
    'MLE',
  ],
  ['allocates one huge buffer', 'function solve() { return new ArrayBuffer(2 ** 31 - 1); }', ['MLE', 'RE']],
  ['allocates shared memory', 'function solve() { return new SharedArrayBuffer(2 ** 30); }', ['MLE', 'RE']],
  ['recursion', 'function solve(x) { return solve(x) + 1; }', 'RE', /stack overflow/],
  [
    'mutual recursion by getter',
    'const o = { get a() { return o.a; } }; function solve() { return o.a; }',
    'RE',
    /stack/,
  ],
  [
    'deep object as result',
    'let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; function solve() { return o; }',
    ['RE', 'TLE', 'MLE'],
  ],
  [
    'deep regular expression',
    'function solve() { return new RegExp("(".repeat(1e5) + ")".repeat(1e5)); }',
    'RE',
  ],
  [
    'regular expression bomb',
    'function solve() { return /^(a+)+$/.test("a".repeat(60) + "b"); }',
    ['TLE', 'RE'],
  ],
  [
    'prints for ever',
    'function solve() { for (;;) console.log("flood ".repeat(1000)); }',
    'RE',
    /output limit/,
  ],
  ['prints one huge line', 'function solve() { console.log("x".repeat(4e6)); }', 'RE', /output limit/],
  [
    'prints for ever, catching',
    'function solve() { for (;;) try { console.log("xxxxxxxxxxxxxxxxx"); } catch {} }',
    'RE',
    /output limit/,
  ],
  ['huge result', 'function solve() { return "x".repeat(4e6); }', 'RE', /output limit/],
  ['circular result', 'function solve() { const a = []; a.push(a); return a; }', 'RE', /circular/],
  ['a BigInt as result', 'function solve() { return 1n; }', 'RE', /TypeError/],
  ['a function, a symbol, nothing as result', 'function solve() { return solve; }', 'WA', /no JSON value/],
  ['toJSON that never ends', 'function solve() { return { toJSON() { for (;;); } }; }', 'TLE'],
  ['toJSON that throws', 'function solve() { return { toJSON() { throw 1; } }; }', 'RE', /threw 1/],
  ['throws null', 'function solve() { throw null; }', 'RE', /threw null/],
  ['throws undefined', 'throw undefined', 'RE', /threw undefined/],
  ['throws a symbol', 'throw Symbol("s")', 'RE', /Symbol\(s\)/],
  ['throws a string', 'throw "x".repeat(1e6)', 'RE'],
  ['throws what has no prototype', 'throw Object.create(null)', 'RE', /threw \{\}/],
  [
    'throws evil getters',
    'throw { get message() { throw this; }, get name() { throw this; } }',
    'RE',
    /cannot be shown/,
  ],
  ['throws an endless getter', 'throw { get message() { for (;;); } }', 'TLE'],
  ['throws an endless toString', 'throw { name: { toString() { for (;;); } }, message: 1 }', 'TLE'],
  ['throws a proxy', 'throw new Proxy({}, { get() { throw new Error("trap"); } })', 'RE', /cannot be shown/],
  ['throws a long message', 'function solve() { throw new Error("m".repeat(1e6)); }', 'RE', /Error: mmm/],
  [
    'promise flood',
    'function solve(x) { for (let i = 0; i < 1e4; i++) Promise.resolve().then(() => { for (;;); }); return x; }',
    'AC',
  ],
  ['endless promise flood', 'function solve() { for (;;) Promise.resolve().then(solve); }', ['TLE', 'MLE']],
  ['async solve', 'async function solve(x) { return x; }', 'WA'],
  ['syntax error', 'function solve( {', 'RE', /SyntaxError/],
  ['no solve', 'const answer = 42;', 'RE', /no function solve/],
  ['solve is no function', 'const solve = 42;', 'RE', /no function solve/],
  [
    'solve that cannot be read',
    'Object.defineProperty(globalThis, "solve", { get() { throw new Error("no"); } })',
    'RE',
    /Error: no/,
  ],
  ['only white space', ' \n ', 'RE', /no function solve/],
  ['NUL and lone surrogates', 'function solve(x) { return x; } // \0 \ud800', ['AC', 'RE']],
  [
    'replaces JSON',
    'JSON.stringify = () => "\\"hello\\""; JSON.parse = null; function solve() { return 1; }',
    'WA',
  ],
  [
    'poisons prototypes',
    'for (const k of ["map", "join", "push"]) Array.prototype[k] = () => { throw 1; }; Object.prototype.toJSON = () => 1; function solve() { console.log([1]); return {}; }',
    'WA',
  ],
  ['replaces the globals', 'sleep = console = Error = undefined; function solve(x) { return x; }', 'AC'],
  [
    'sleep with bad values',
    'sleep(-1); sleep(NaN); sleep(0); try { sleep("1"); } catch (e) { console.log(e.message); } function solve(x) { return x; }',
    'AC',
  ],
  ['huge BigInt', 'function solve() { let n = 3n; for (;;) n *= n; }', ['RE', 'TLE', 'MLE']],
];

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
