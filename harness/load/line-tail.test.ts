import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lineTail } from './line-tail.ts';

const dir = mkdtempSync(join(tmpdir(), 'line-tail-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('lines count once they are whole, characters that are cut in two included', () => {
  const file = join(dir, 'lines');
  const tail = lineTail(file);
  expect(tail.read()).toEqual([]);
  const bytes = Buffer.from('one\ntwo é\n\nlast');
  const inTheMiddle = bytes.indexOf('é') + 1;
  appendFileSync(file, bytes.subarray(0, inTheMiddle));
  expect(tail.read()).toEqual(['one']);
  appendFileSync(file, bytes.subarray(inTheMiddle));
  expect(tail.read()).toEqual(['two é', '']);
  expect(tail.read()).toEqual([]);
  // More than one read of the file takes.
  appendFileSync(file, `\n${'x'.repeat(300_000)}\n`);
  expect(tail.read().map(({ length }) => length)).toEqual([4, 300_000]);
  tail.close();
});
