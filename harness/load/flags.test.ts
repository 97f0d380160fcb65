// The flags of `npm run load`, without a run.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseLoadFlags } from './flags.ts';
import { scenarios } from './scenarios.ts';

const known = scenarios(fileURLToPath(new URL('../..', import.meta.url)));
const parse = (...argv: string[]) => parseLoadFlags(argv, known);

test('there is a scenario a file, each with its purpose, in the order in which they are best run', () => {
  expect(known.map(({ name }) => name)).toEqual([
    'smoke',
    'average',
    'stress',
    'spike',
    'soak',
    'breakpoint',
    'during-chaos',
  ]);
  for (const { purpose } of known) expect(purpose).toMatch(/^\S.{20,}[.?]$/);
});

test('without any: smoke, two workers, the reliable list', () => {
  expect(parse()).toMatchObject({
    scenario: { name: 'smoke' },
    workers: 2,
    queue: 'reliable-list',
    seed: 1,
    out: 'runs',
    json: false,
  });
});

test('all of them', () => {
  const flags = parse(
    'spike',
    '--rate',
    '10',
    '--duration',
    '1.5m',
    '--workers',
    '3',
    '--queue',
    'list',
    '--seed',
    '7',
  );
  expect(flags).toMatchObject({
    scenario: { name: 'spike' },
    rate: 10,
    durationMs: 90_000,
    workers: 3,
    queue: 'list',
  });
  const target = parse(
    '--target',
    'https://judge.example',
    '--ws',
    'wss://judge.example/submissions',
    '--json',
  );
  expect(target).toMatchObject({ scenario: { name: 'smoke' }, json: true });
  expect(target?.target?.href).toBe('https://judge.example/');
  expect(target?.ws?.href).toBe('wss://judge.example/submissions');
});

describe('what is wrong is said in one line, with what would be right', () => {
  test.each<[string[], string[]]>([
    [['smok'], ['"smok" is no scenario', 'smoke, average, stress, spike, soak, breakpoint, during-chaos']],
    [['smoke', 'average'], ['"average" belongs to no flag']],
    [
      ['--rate', '0'],
      ["'0'", 'whole number from 1 to 100000'],
    ],
    [
      ['--rate', '1.5'],
      ["'1.5'", 'whole number'],
    ],
    [
      ['--duration', '10'],
      ['"10" is no duration', '30s, 5m or 1h'],
    ],
    [
      ['--workers', '65'],
      ["'65'", 'from 1 to 64'],
    ],
    [
      ['--target', 'localhost:3000'],
      ["'localhost:3000'", 'http://127.0.0.1:3000'],
    ],
    [['--target', 'ws://127.0.0.1:3002'], ['http://127.0.0.1:3000']],
    [['--target', 'http://x', '--ws', 'http://x'], ['ws://127.0.0.1:3002/submissions']],
    [['--ws', 'ws://127.0.0.1:3002/submissions'], ['--target']],
    [['--target', 'http://x', '--workers', '2'], ['--workers is about a judge that is started here']],
    [['--target', 'http://x', '--queue', 'list'], ['--queue is about']],
    [
      ['during-chaos', '--target', 'http://x'],
      ['during-chaos kills what it has started', 'without --target'],
    ],
    [
      ['--out', ''],
      ['--out', 'directory'],
    ],
    [
      ['--sed', '1'],
      ["unknown option '--sed'", '--seed'],
    ],
  ])('%j', (argv, says) => {
    let message = '';
    try {
      parse(...argv);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('\n')).toHaveLength(1);
    for (const text of says) expect(message).toContain(text);
  });
});
