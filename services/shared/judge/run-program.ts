// One run of a program on one input, in a runtime of its own. It says how the run ended; it does not judge.

import { type QuickJSContext, type QuickJSHandle, Scope } from 'quickjs-emscripten';
import type { Instance } from './instance.ts';
import type { SandboxLimits } from './limits.ts';
import { prelude } from './prelude.ts';

export type RunEnd =
  /** `result` is JSON, or undefined where the returned value has none. */
  | { end: 'returned'; result: string | undefined }
  | { end: 'threw'; description: string }
  | { end: 'out-of-time' | 'out-of-memory' | 'too-much-output' };

export interface Run {
  /** What the program printed. */
  output: string;
  /** The instance holds debris (a limit broke, or the sandbox itself did) and must not be used again. */
  spent: boolean;
}

/** @param deadlineMs on the clock of `performance.now()` */
export function runProgram(
  instance: Instance,
  code: string,
  input: string,
  deadlineMs: number,
  limits: SandboxLimits,
): RunEnd & Run {
  const printed = { lines: [] as string[], bytes: 0, tooMuch: false };
  const overdue = () => performance.now() > deadlineMs;
  const scope = new Scope();
  let ended: RunEnd;
  let spent = false;
  try {
    const runtime = scope.manage(instance.quickjs.newRuntime());
    instance.allow(limits.memoryLimitBytes);
    runtime.setMemoryLimit(limits.memoryLimitBytes);
    runtime.setMaxStackSize(limits.stackLimitBytes);
    runtime.setInterruptHandler(() => overdue() || printed.tooMuch);
    const context = scope.manage(runtime.newContext());
    const print = printer(context, printed, limits.outputLimitBytes);
    const pause = sleeper(context, deadlineMs);
    ended = inContext(context, scope, { code, input, print, pause, limits, instance });
  } catch (error) {
    // A trap inside WebAssembly (V8's own stack ran out before QuickJS' did, or a bug): the instance cannot go on.
    const why =
      error instanceof RangeError ? 'InternalError: stack overflow' : 'the sandbox gave up on this program';
    ended = { end: 'threw', description: why };
    spent = true;
  }
  // These overrule what the program made of it: an interrupt may surface as some other error, or come too late.
  if (printed.tooMuch) ended = { end: 'too-much-output' };
  if (overdue()) ended = { end: 'out-of-time' };
  // Freeing a full heap object by object can take a second; dropping the whole instance is free.
  if (ended.end === 'out-of-time' || ended.end === 'out-of-memory' || instance.refused()) spent = true;
  if (!spent) spent = !dispose(scope);
  return { ...ended, output: printed.lines.join('\n'), spent };
}

interface Program {
  code: string;
  input: string;
  print: QuickJSHandle;
  pause: QuickJSHandle;
  limits: SandboxLimits;
  instance: Instance;
}

function inContext(context: QuickJSContext, scope: Scope, program: Program): RunEnd {
  const { code, input, print, pause, limits, instance } = program;
  scope.manage(print);
  scope.manage(pause);
  const evaluate = (source: string, file: string) => context.evalCode(source, file, { type: 'global' });
  const call = (f: QuickJSHandle, argument: QuickJSHandle) =>
    context.callFunction(f, context.undefined, argument);
  const own = <T extends QuickJSHandle>(handle: T): T => scope.manage(handle);

  const setUp = own(context.unwrapResult(evaluate(prelude, 'prelude.js')));
  const tools = own(context.unwrapResult(context.callFunction(setUp, context.undefined, print, pause)));
  const [parse, stringify, describe] = ['parse', 'stringify', 'describe'].map((name) =>
    own(context.getProp(tools, name)),
  ) as [QuickJSHandle, QuickJSHandle, QuickJSHandle];
  const argument = own(context.unwrapResult(call(parse, own(context.newString(input)))));

  const threw = (error: QuickJSHandle): RunEnd => {
    own(error);
    // Describing it needs a little memory, and there may be none left.
    instance.allow(limits.memoryLimitBytes + (1 << 20));
    context.runtime.setMemoryLimit(limits.memoryLimitBytes + (1 << 20));
    const description = call(describe, error);
    if (description.error) {
      own(description.error);
      return { end: 'threw', description: 'threw something that cannot be shown' };
    }
    const text = shortString(context, own(description.value), 64 << 10) ?? 'threw something very long';
    if (text.startsWith('InternalError: out of memory')) return { end: 'out-of-memory' };
    // What QuickJS throws when there is no memory for the error either.
    if (text === 'threw null' && instance.refused()) return { end: 'out-of-memory' };
    return { end: 'threw', description: text };
  };

  const evaluated = evaluate(code, 'solution.js');
  if (evaluated.error) return threw(evaluated.error);
  own(evaluated.value);
  // Not a property of globalThis: `const solve = …` is none.
  const solve = evaluate(`typeof solve === 'function' ? solve : undefined`, 'judge.js');
  if (solve.error) return threw(solve.error);
  if (context.typeof(own(solve.value)) !== 'function') {
    return { end: 'threw', description: 'the program defines no function solve(input)' };
  }
  const returned = call(solve.value, argument);
  if (returned.error) return threw(returned.error);
  const json = call(stringify, own(returned.value));
  if (json.error) return threw(json.error);
  if (context.typeof(own(json.value)) !== 'string') return { end: 'returned', result: undefined };
  const result = shortString(context, json.value, limits.outputLimitBytes);
  if (result === null) return { end: 'too-much-output' };
  return { end: 'returned', result };
}

/** The string, or null if it is longer than that; a long one is not even copied out. */
function shortString(context: QuickJSContext, handle: QuickJSHandle, mostCharacters: number): string | null {
  const length = context.getProp(handle, 'length').consume((value) => context.getNumber(value));
  return length > mostCharacters ? null : context.getString(handle);
}

function printer(
  context: QuickJSContext,
  printed: { lines: string[]; bytes: number; tooMuch: boolean },
  limitBytes: number,
): QuickJSHandle {
  return context.newFunction('print', (line) => {
    const text = shortString(context, line, limitBytes - printed.bytes);
    printed.bytes += text === null ? Number.POSITIVE_INFINITY : Buffer.byteLength(text) + 1;
    if (text !== null && printed.bytes <= limitBytes) {
      printed.lines.push(text);
      return context.undefined;
    }
    printed.tooMuch = true;
    return { error: context.newError('too much output') };
  });
}

/** Blocks the thread without using the processor, never beyond the deadline. */
function sleeper(context: QuickJSContext, deadlineMs: number): QuickJSHandle {
  const never = new Int32Array(new SharedArrayBuffer(4));
  return context.newFunction('pause', (argument) => {
    const ms = context.getNumber(argument);
    // One more than is left, so that the deadline has passed when a sleep was cut short.
    const leftMs = deadlineMs + 1 - performance.now();
    if (ms > 0 && leftMs > 0) Atomics.wait(never, 0, 0, Math.min(ms, leftMs));
    return context.undefined;
  });
}

function dispose(scope: Scope): boolean {
  try {
    scope.dispose();
    return true;
  } catch {
    return false;
  }
}
