import { expect, test } from 'vitest';
import type { Cell } from '../checker/cells.ts';
import { answer } from './answer.ts';
import { persistenceTables } from './persistence-table.ts';
import type { ClaimResult } from './result.ts';

const cell = (differs: Partial<Cell>): Cell => ({
  setting: 'AOF no',
  fault: 'SIGKILL',
  times: 1,
  timesWithLoss: 0,
  timesRefused: 0,
  acknowledged: 2000,
  lost: 0,
  lossWindowsMs: [0],
  ...differs,
});
const lossy = { lost: 500, timesWithLoss: 1, lossWindowsMs: [1234.5] };
const claim = (evidence: Record<string, unknown>, control: Record<string, unknown> = {}) =>
  ({ evidence, faults: [], control: { evidence: control, faults: [] } }) as unknown as ClaimResult;

test('no figures, no tables', () => expect(persistenceTables([claim({})])).toEqual([]));

test('settings from the one that keeps least; claims and controls together; what nobody tried is a dash', () => {
  const [table] = persistenceTables([
    claim(
      { cells: [cell({}), cell({ fault: 'power cut', ...lossy })] },
      { cells: [cell({ setting: 'off', ...lossy, lost: 2000 })] },
    ),
    claim({ cells: [cell({ times: 2, lossWindowsMs: [0, 0] }), cell({ setting: 'mine' })] }),
  ]);
  expect(table).toMatchObject({
    head: ['setting', 'SIGTERM', 'SIGKILL', 'power cut'],
    rows: [
      ['off', '–', 'all 2,000 · 1×', '–'],
      ['AOF no', '–', '0 of 4,000 · 3×', '500 of 2,000, last 1,235 ms · 1×'],
      ['mine', '–', '0 of 2,000 · 1×', '–'],
    ],
  });
});

test('five cuts of everysec make a histogram, with the empty buckets too', () => {
  const windows = { times: 5, lossWindowsMs: [10, 199.9, 200, 450, 1001], lost: 5 };
  const everysec = cell({ setting: 'AOF everysec', fault: 'power cut', ...windows });
  const [, table] = persistenceTables([claim({ cells: [everysec] })]);
  expect(table?.title).toBe('How far back the loss reaches: AOF everysec under 5 power cuts');
  expect(table?.rows).toEqual([
    ['0 to 200 ms', '██ 2'],
    ['200 to 400 ms', '█ 1'],
    ['400 to 600 ms', '█ 1'],
    ['600 to 800 ms', '0'],
    ['800 to 1,000 ms', '0'],
    ['1,000 to 1,200 ms', '█ 1'],
  ]);
});

test('a Redis that refused its files is told', () => {
  const refused = cell({ fault: 'power cut', times: 3, timesRefused: 1, lossWindowsMs: [0, 0, 0] });
  expect(persistenceTables([claim({ cells: [refused] })])[0]?.rows[0]?.[3]).toBe(
    '0 of 2,000 · 3×, refused to start 1×',
  );
  expect(answer(claim({ cells: [refused] }), {})).toContain(
    'After 1 power cut of 3 Redis refused to start until redis-check-aof --fix cut its AOF short.',
  );
});

test('prices: the control has off under another name, so its list does not count', () => {
  const price = {
    rounds: 3,
    throughputRatio: 1,
    throughputRatioMin: 1,
    throughputRatioMax: 1,
    latencyP99Ratio: 1,
    diskBytes: 2048,
    restartMs: 20.5,
  };
  const always = {
    ...price,
    setting: 'AOF always',
    throughputRatio: 0.2,
    throughputRatioMin: 0.1,
    throughputRatioMax: 0.3,
  };
  const tables = persistenceTables([
    claim(
      { prices: [always, { ...price, setting: 'off' }] },
      { prices: [{ ...price, setting: 'AOF always' }] },
    ),
  ]);
  expect(tables).toMatchObject([
    {
      head: ['setting', 'throughput', 'p99', 'on disk', 'restart'],
      rows: [
        ['off', '1.00 × (1.00–1.00)', '1.00 ×', '2 KiB', '20.5 ms'],
        ['AOF always', '0.20 × (0.10–0.30)', '1.00 ×', '2 KiB', '20.5 ms'],
      ],
    },
  ]);
});

test('the plain answer', () => {
  const cells = [
    cell({ fault: 'SIGTERM' }),
    cell({ times: 2, ...lossy }),
    cell({ fault: 'power cut', ...lossy, lost: 2000 }),
  ];
  expect(answer(claim({ cells }), { appendfsync: 'everysec' }).trim().split('\n')).toEqual([
    'An orderly stop (SIGTERM) costs you nothing: 0 of 2,000 acknowledged writes were lost (tried once).',
    'A SIGKILL costs you the last 1,235 ms of writes at worst: 500 of 2,000 acknowledged ones (tried 2 times).',
    'A power cut costs you everything: all 2,000 acknowledged writes, up to 1,235 ms old (tried once).',
    'appendfsync does nothing while appendonly is "no", as it is unless set: add --redis-config appendonly=yes.',
  ]);
  expect(answer(claim({ cells: [cell({})] }), { appendonly: 'yes' })).toContain(
    'in the middle of a background sync',
  );
  expect(
    answer(claim({ cells }), {}, 50)
      .split('\n')
      .every((line) => line.length <= 50),
  ).toBe(true);
  const uncut = {
    ...claim({ cells: [cell({})] }),
    faults: [{ proof: { skipped: 'no root' } }],
  } as unknown as ClaimResult;
  expect(answer(uncut, {})).toContain('A power cut was not tried: no root.');
  expect(answer(claim({}), {})).toContain('Nothing can be said');
});
