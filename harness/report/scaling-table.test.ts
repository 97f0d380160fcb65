import { expect, test } from 'vitest';
import type { Usl } from '../checker/usl.ts';
import type { ClaimResult } from './result.ts';
import { describeUsl, scalingTables } from './scaling-table.ts';

const usl: Usl = { lambda: 20, sigma: 0, kappa: 0, peakWorkers: null, fitErrorPercentMax: 0 };
const scalability = [
  { workers: 1, jobsPerSecond: 20, efficiency: 1 },
  { workers: 8, jobsPerSecond: 160, efficiency: 1 },
];
const burning = [
  { workers: 1, jobsPerSecond: 20, efficiency: 1 },
  { workers: 8, jobsPerSecond: 40, efficiency: 0.25 },
];
const claim = (evidence: Record<string, unknown>, control: Record<string, unknown> = {}) =>
  ({
    id: 'scaling/x',
    evidence,
    control: { statement: 'that burn', evidence: control },
  }) as unknown as ClaimResult;

test('no figures, no table', () => {
  expect(scalingTables([])).toEqual([]);
  expect(scalingTables([claim({ efficiency: 1 })])).toEqual([]);
});

test('measured beside fitted, the bars of both arms on one scale', () => {
  const law = { ...usl, sigma: 0.45 };
  expect(scalingTables([claim({ scalability, usl }, { scalability: burning, usl: law })])).toEqual([
    {
      title: 'scaling/x: λ 20 jobs/s, σ 0, κ 0; no peak',
      head: ['workers', 'jobs/s', '', 'fitted', 'efficiency'],
      rows: [
        ['1', '20', '███', '20', '1.00'],
        ['8', '160', '████████████████████████', '160', '1.00'],
      ],
    },
    {
      title: 'its control, that burn: λ 20 jobs/s, σ 0.45, κ 0; no peak',
      head: ['workers', 'jobs/s', '', 'fitted', 'efficiency'],
      rows: [
        ['1', '20', '███', '20', '1.00'],
        ['8', '40', '██████', '38.6', '0.25'],
      ],
    },
  ]);
});

test.each([
  [null, 'no peak'],
  [148.3, 'no peak within 8 workers, predicted at 148'],
  [4.4, 'peak predicted at 4 workers'],
  [1, 'peak predicted at one worker'],
])('a peak at %s', (peakWorkers, said) => {
  expect(describeUsl({ ...usl, sigma: 0.0031, kappa: 0.0000456, peakWorkers }, scalability)).toBe(
    `λ 20 jobs/s, σ 0.0031, κ 0.000046; ${said}`,
  );
});
