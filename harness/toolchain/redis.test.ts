// Redis is found where the rules say, in their order; what will not do is refused with its path and version; and on a
// machine without Redis and its libraries (overlays in a mount namespace) the package is provided, as root and as nobody.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import { openApt } from './apt.ts';
import { provideRedis } from './redis.ts';
import { atLeast } from './redis-version.ts';

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});
function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'redproof-toolchain-'));
  made.push(dir);
  return dir;
}

/** A program that answers `--version` as told. */
function fakeServer(dir: string, answer: string): string {
  const path = join(dir, 'redis-server');
  mkdirSync(dir, { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(path, 0o755);
  return path;
}

const said: string[] = [];
const say = (line: string) => void said.push(line);

describe('REDIS_SERVER', () => {
  const provide = (server: string) =>
    provideRedis({ root: tempDir(), env: { REDIS_SERVER: server, PATH: '' }, say });

  test('is used when it will do, Valkey too', async () => {
    const path = fakeServer(tempDir(), 'Valkey server v=8.1.2 sha=0:0 malloc=jemalloc-5.3.0 bits=64 build=1');
    expect(await provide(path)).toEqual({ path, env: {}, version: '8.1.2', from: 'REDIS_SERVER' });
  });
  test('that does not exist is refused', async () => {
    await expect(provide('/nowhere/redis-server')).rejects.toThrow(
      'REDIS_SERVER=/nowhere/redis-server: /nowhere/redis-server does not exist; expected the path of a redis-server 7.0',
    );
  });
  test('that is a directory is refused', async () => {
    await expect(provide('/tmp')).rejects.toThrow('/tmp is not an executable file');
  });
  test('that is no Redis is refused with what it said', async () => {
    await expect(provide('/bin/ls')).rejects.toThrow(
      '/bin/ls is not a working redis-server: `--version` said: ls (GNU',
    );
  });
  test('that is too old is refused with path and version', async () => {
    const path = fakeServer(tempDir(), 'Redis server v=6.2.14 sha=00000000:0 malloc=libc bits=64 build=1');
    await expect(provide(path)).rejects.toThrow(`${path} is Redis 6.2.14; Redis 7.0 or newer is needed`);
  });
});

describe('PATH', () => {
  test('comes next', async () => {
    const dir = tempDir();
    const path = fakeServer(dir, 'Redis server v=7.2.4 sha=0:0');
    const found = await provideRedis({ root: tempDir(), env: { PATH: `/nowhere:${dir}` }, say });
    expect(found).toEqual({ path, env: {}, version: '7.2.4', from: `PATH (${path})` });
  });
  test('an old one is passed over for one that was unpacked earlier, and said', async () => {
    const [dir, root] = [tempDir(), tempDir()];
    const old = fakeServer(dir, 'Redis server v=6.0.16 sha=0:0');
    const path = fakeServer(join(root, '.tools/redis/usr/bin'), 'Redis server v=7.0.15 sha=0:0');
    writeFileSync(
      join(root, '.tools/redis/unpacked.json'),
      '{"from":"Debian package redis-server 5:7.0.15"}',
    );
    said.length = 0;
    const found = await provideRedis({ root, env: { PATH: dir }, say });
    expect(found).toMatchObject({ path, from: 'Debian package redis-server 5:7.0.15' });
    expect(said.join()).toContain(`${old} is Redis 6.0.16; Redis 7.0 or newer is needed`);
  });
});

test('versions compare by number', () => {
  expect(['7.0', '7.0.15', '7.10', '10.0', '6.9.9'].map((version) => atLeast(version, '7.0'))).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
});

const hasApt = openApt(tempDir(), '/usr/bin:/bin') !== undefined;

describe.runIf(hasApt)('the Debian package', () => {
  test('is unpacked once, by whichever of two processes is first', { timeout: 120_000 }, async () => {
    const root = tempDir();
    const fixture = fileURLToPath(new URL('./provide.fixture.ts', import.meta.url));
    const both = [1, 2].map(() => execa(process.execPath, [fixture, root, '/nowhere']));
    const [one, two] = (await Promise.all(both)).map((run) => JSON.parse(run.stdout));
    expect(one.binary).toEqual(two.binary);
    expect(one.binary.from).toMatch(/^Debian package redis-server \S+, unpacked into \.tools\/redis$/);
    const fetches = [...one.said, ...two.said].filter((line: string) =>
      line.includes('fetching the distribution'),
    );
    expect(fetches).toHaveLength(1);
    expect(readdirSync(join(root, '.tools'))).toEqual(['redis']);
    expect(existsSync(join(root, '.tools/redis/usr/bin/redis-benchmark'))).toBe(true);
  });

  const canFakeBareMachine =
    process.getuid?.() === 0 && existsSync('/usr/bin/unshare') && existsSync('/usr/bin/setpriv');
  test.runIf(canFakeBareMachine).each(['root', 'nobody'])(
    'with its libraries, on a machine that lacks them and has no package lists, as %s',
    { timeout: 120_000 },
    async (user) => {
      const [scratch, root] = [tempDir(), tempDir()];
      chmodSync(root, 0o777);
      const bare = fileURLToPath(new URL('./bare-machine.fixture.sh', import.meta.url));
      const fixture = fileURLToPath(new URL('./provide.fixture.ts', import.meta.url));
      const become = user === 'root' ? [] : ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
      const inside = [...become, 'env', 'HOME=/tmp', process.execPath, fixture, root, '/usr/bin:/bin'];
      const run = await execa('unshare', ['--mount', 'sh', bare, scratch, ...inside]);
      const { binary, libraries, said: lines } = JSON.parse(run.stdout);
      const own = join(root, '.tools/redis/lib');
      expect(binary.env).toEqual({ LD_LIBRARY_PATH: own });
      // What the running server has mapped, not what we hoped for.
      const ours = libraries.filter((path: string) => path.startsWith(root));
      expect(ours).toEqual(expect.arrayContaining([join(own, 'liblzf.so.1'), join(own, 'libjemalloc.so.2')]));
      expect(ours.join()).not.toMatch(/libc\.so|libsystemd|libelogind/);
      expect(lines.join()).toContain('fetching fresh ones into .tools/apt');
      if (user === 'nobody') expect(statSync(binary.path).uid).toBe(65534);
    },
  );
});
