// The bundle is what a run starts instead of the sources, so it must be all of them and nothing else.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bundleServices } from './services-bundle.ts';

const projectRoot = resolve(import.meta.dirname, '../..');
let dir: string;
let files: string[];

beforeAll(async () => {
  dir = await bundleServices(projectRoot);
  files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.mjs'));
});

test('has each service, and what goes before it', () => {
  const names = ['api', 'worker', 'subscriber', 'sandbox-thread', 'instrumentation'];
  expect(files).toEqual(expect.arrayContaining(names.map((name) => `${name}.mjs`)));
});

test('the same sources make the same bundle, in the same place', async () => {
  expect(await bundleServices(projectRoot)).toBe(dir);
});

test('what nobody has started from for more than a week goes, the rest stays', async () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000);
  const age = (name: string, days: number) => {
    const old = join(dir, '..', name);
    mkdirSync(old, { recursive: true });
    utimesSync(old, daysAgo(days), daysAgo(days));
    return old;
  };
  const gone = [age('services-0', 8), age('draft-0', 8)];
  const kept = age('services-1', 6);
  // In use again, which counts.
  utimesSync(dir, daysAgo(6), daysAgo(6));
  await bundleServices(projectRoot);
  expect([...gone, kept, dir].map((path) => existsSync(path))).toEqual([false, false, true, true]);
  expect(statSync(dir).mtimeMs).toBeGreaterThan(daysAgo(1).getTime());
  rmSync(kept, { recursive: true });
});

test('modules keep their own addresses, all but the thread that is in the bundle', () => {
  const text = (file: string) => readFileSync(join(dir, file), 'utf8');
  // The bundler's own, for packages that are not in the bundle.
  const asks = (file: string) =>
    text(file).replaceAll('createRequire(import.meta.url)', '').includes('import.meta.url');
  expect(files.filter(asks)).toEqual([]);
  expect(files.filter((file) => /new URL\(['"]\.\/sandbox-thread\.mjs['"]/.test(text(file)))).not.toEqual([]);
});
