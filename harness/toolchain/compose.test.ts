import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { findCompose } from './compose.ts';

const dir = mkdtempSync(join(tmpdir(), 'compose-test-'));
let path: string;
let turn = 0;

beforeEach(() => {
  path = join(dir, String(++turn));
  mkdirSync(path);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A program that answers `version --short`, and says to everything else that it is no good. */
function program(name: string, version: string): void {
  const file = join(path, name);
  const script = `#!/bin/sh\ncase "$*" in *"version --short") echo ${version};; *) echo "no good" >&2; exit 1;; esac\n`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

const find = () => findCompose(path, { PATH: path });

test('none: how to get one', async () => {
  await expect(find()).rejects.toThrow(
    /^no Docker Compose .*none is here.*: version 2\.24 or newer is needed .*apt install/,
  );
});

test('an old one is named', async () => {
  program('docker-compose', '1.29.2');
  await expect(find()).rejects.toThrow(`${path}/docker-compose is 1.29.2`);
});

test('Docker’s plugin goes before a program of its own; what fails is told in its own words', async () => {
  program('docker', '2.40.3');
  program('docker-compose', '2.30.0');
  const compose = await find();
  expect(compose.version).toBe('2.40.3');
  await expect(compose.run(['up'])).rejects.toThrow('docker compose: no good');
});

test('a plugin that is too old gives way to a program that is not', async () => {
  program('docker', '2.20.0');
  program('docker-compose', 'v2.30.0');
  expect((await find()).version).toBe('2.30.0');
});
