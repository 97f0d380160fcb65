import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { corruptMiddle, lastIncrement, recordsOf, tearTail } from './append-only-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'redproof-aof-'));
const aof = join(dir, 'appendonlydir');
const increment = join(aof, 'appendonly.aof.2.incr.aof');
afterAll(() => rmSync(dir, { recursive: true }));

const record = (...words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
const sets = Array.from({ length: 8 }, (_, n) => record('SET', `key:0:${n}`, `${n}é\r\n*1\r\n`));
const manifest = (...lines: string[]) =>
  writeFileSync(join(aof, 'appendonly.aof.manifest'), `${lines.join('\n')}\n`);

beforeEach(() => {
  mkdirSync(aof, { recursive: true });
  manifest(
    'file appendonly.aof.2.base.rdb seq 2 type b',
    'file appendonly.aof.10.incr.aof seq 1 type i',
    'file appendonly.aof.2.incr.aof seq 2 type i',
  );
  writeFileSync(increment, record('SELECT', '0') + sets.join(''));
});

test('the last increment is the one with the highest number', () => {
  expect(lastIncrement(dir)).toBe(increment);
  manifest('file appendonly.aof.2.base.rdb seq 2 type b');
  expect(() => lastIncrement(dir)).toThrow('the manifest names no increment');
});

test('records: their words, bytes and order; a torn one at the end is none', () => {
  const records = recordsOf(increment);
  expect(records).toHaveLength(9);
  expect(records[3]!.words).toEqual(['SET', 'key:0:2', '2é\r\n*1\r\n']);
  expect(records.at(-1)!.endBytes).toBe(statSync(increment).size);
  for (const [index, { startBytes }] of records.slice(1).entries())
    expect(startBytes).toBe(records[index]!.endBytes);
  writeFileSync(increment, sets.join('').slice(0, -1));
  expect(recordsOf(increment)).toHaveLength(7);
  writeFileSync(increment, '');
  expect(recordsOf(increment)).toEqual([]);
});

describe('damage', () => {
  test.each([
    0, 0.5, 0.999,
  ])('a tail torn at %d: the last record is cut, neither whole nor gone', (fraction) => {
    const last = recordsOf(increment).at(-1)!;
    const { record, cutAtBytes } = tearTail(increment, fraction);
    expect(record).toEqual(last);
    expect(statSync(increment).size).toBe(cutAtBytes);
    expect(cutAtBytes).toBeGreaterThan(last.startBytes);
    expect(cutAtBytes).toBeLessThan(last.endBytes);
    expect(recordsOf(increment)).toHaveLength(8);
  });

  test.each([
    0, 0.999,
  ])('the middle at %d: one byte differs, where a record in the middle half begins', (fraction) => {
    const before = readFileSync(increment);
    const { record, number, of } = corruptMiddle(increment, fraction);
    const after = readFileSync(increment);
    const differing = [...before.keys()].filter((at) => before[at] !== after[at]);
    expect(differing).toEqual([record.startBytes]);
    expect(of).toBe(9);
    expect(number).toBeGreaterThanOrEqual(2);
    expect(number).toBeLessThanOrEqual(6);
    expect(recordsOf(increment)).toHaveLength(number);
  });

  test('nothing to damage is said', () => {
    writeFileSync(increment, '');
    expect(() => tearTail(increment, 0)).toThrow('no record');
    expect(() => corruptMiddle(increment, 0)).toThrow('no record');
  });
});
