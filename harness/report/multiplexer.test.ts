import { expect, test, vi } from 'vitest';
import { multiplex } from './multiplexer.ts';
import type { ClaimResult, Reporter, Results, RunInfo } from './result.ts';

const run = {} as RunInfo;
const result = {} as ClaimResult;
const results = {} as Results;

test('every hook reaches every reporter that has it, in order, with its arguments', () => {
  const calls: unknown[] = [];
  const named = (name: string): Reporter => ({
    runStarted: (...args) => calls.push([name, 'runStarted', ...args]),
    runFinished: (...args) => calls.push([name, 'runFinished', ...args]),
  });
  const all = multiplex([named('a'), {}, named('b')]);
  all.runStarted?.(run, [], 'PATH');
  all.claimFinished?.(result);
  all.runFinished?.(results, 'runs/1');
  expect(calls).toEqual([
    ['a', 'runStarted', run, [], 'PATH'],
    ['b', 'runStarted', run, [], 'PATH'],
    ['a', 'runFinished', results, 'runs/1'],
    ['b', 'runFinished', results, 'runs/1'],
  ]);
});

test('all hooks are passed on', () => {
  const hooks: Required<Reporter> = {
    runStarted: vi.fn(),
    claimStarted: vi.fn(),
    armStarted: vi.fn(),
    phase: vi.fn(),
    fault: vi.fn(),
    armFinished: vi.fn(),
    claimFinished: vi.fn(),
    runFinished: vi.fn(),
  };
  const all = multiplex([hooks]) as Record<string, (...args: unknown[]) => void>;
  for (const name of Object.keys(hooks)) all[name]?.();
  for (const hook of Object.values(hooks)) expect(hook).toHaveBeenCalledOnce();
});

test('a hook keeps its `this`', () => {
  const counter = {
    claims: 0,
    claimFinished(): void {
      this.claims++;
    },
  };
  multiplex([counter]).claimFinished?.(result);
  expect(counter.claims).toBe(1);
});

test.each([
  new Error('disk full'),
  'disk full',
  undefined,
  null,
])('a broken reporter (%s) is named once and stops nobody', (thrown) => {
  const complain = vi.fn();
  const seen = vi.fn();
  const broken = (): never => {
    throw thrown;
  };
  const all = multiplex([{ claimFinished: broken, runFinished: broken }, { claimFinished: seen }], complain);
  all.claimFinished?.(result);
  all.claimFinished?.(result);
  all.runFinished?.(results, '');
  expect(seen).toHaveBeenCalledTimes(2);
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  expect(complain.mock.calls).toEqual([[`a reporter failed in claimFinished: ${said}`]]);
});

test('two broken ones are named both, and go on being called', () => {
  const complain = vi.fn();
  const broken = () => ({
    claimFinished: vi.fn(() => {
      throw new Error('no');
    }),
  });
  const [a, b] = [broken(), broken()];
  const all = multiplex([a, b], complain);
  all.claimFinished?.(result);
  all.claimFinished?.(result);
  expect(complain).toHaveBeenCalledTimes(2);
  expect(a.claimFinished).toHaveBeenCalledTimes(2);
});

test('an async hook that rejects is named as well', async () => {
  const complain = vi.fn();
  const rejecting = async (): Promise<void> => {
    throw new Error('later');
  };
  multiplex([{ claimFinished: rejecting as () => void }], complain).claimFinished?.(result);
  await vi.waitFor(() => expect(complain).toHaveBeenCalledWith('a reporter failed in claimFinished: later'));
});
