// The bundle is what a run starts instead of the sources, so it must be all of them and nothing else.

import { readdirSync, readFileSync } from 'node:fs';
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

test.for([
  'express',
  'ioredis',
])('%s is imported by its name, with its own version, and has its names', async (name) => {
  const own = JSON.parse(readFileSync(join(dir, 'node_modules', name, 'package.json'), 'utf8'));
  const theirs = JSON.parse(readFileSync(join(projectRoot, 'node_modules', name, 'package.json'), 'utf8'));
  expect(own).toMatchObject({ name, version: theirs.version });
  const bundled = await import(join(dir, 'node_modules', name, 'index.mjs'));
  expect(Object.keys(bundled).sort()).toEqual(
    expect.arrayContaining(
      Object.keys(await import(name))
        .filter((key) => !['module.exports', '__esModule'].includes(key))
        .sort(),
    ),
  );
  const importers = files.filter((file) => readFileSync(join(dir, file), 'utf8').includes(`from "${name}"`));
  expect(importers).not.toEqual([]);
});

test('no module has lost its place: none asks for its own address, but for the thread that is in the bundle', () => {
  const asking = files.filter((file) =>
    /import\.meta\.url/.test(
      readFileSync(join(dir, file), 'utf8').replace(/createRequire\(import\.meta\.url\)/g, ''),
    ),
  );
  expect(asking).toEqual([]);
  const threads = files.filter(
    (file) =>
      readFileSync(join(dir, file), 'utf8').includes(`'./sandbox-thread.mjs'`) ||
      readFileSync(join(dir, file), 'utf8').includes('"./sandbox-thread.mjs"'),
  );
  expect(threads.length).toBeGreaterThan(0);
});
