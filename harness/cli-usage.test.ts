// `npm run chaos` as a real process: what it says to good and bad usage.

import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sceneOfEachTest } from './command.fixture.ts';

const cli = 'harness/cli.ts';
const escapeCode = '\u001b';
const here = sceneOfEachTest();

const chaos = (...args: string[]) => here.run(cli, args);
const intoOut = (...args: string[]) => chaos(...args, '--out', here.outDir);

describe('usage', () => {
  test('--help says what there is', async () => {
    const { exitCode, stdout, stderr } = await chaos('--help');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const flag of [
      '--list',
      '--claim',
      '--seed',
      '--repeat',
      '--redis',
      '--json',
      '--out',
      '--strict',
      '--redis-config',
      '--system',
      '--all',
      '--queue',
      '--metrics-port',
      '--metrics-host',
      '--grafana',
      'GRAFANA_TOKEN',
    ]) {
      expect(stdout).toContain(flag);
    }
    expect(stdout).toContain('Exit status');
  });

  test('--list shows ids, sections and statements; with --json as data', async () => {
    const [people, data] = await Promise.all([chaos('--list'), chaos('--list', '--json')]);
    expect([people.exitCode, data.exitCode, people.stderr, data.stderr]).toEqual([0, 0, '', '']);
    const rows = JSON.parse(data.stdout) as Record<string, string>[];
    expect(rows.length).toBeGreaterThanOrEqual(16);
    for (const { id, section, statement } of rows) {
      for (const text of [id, section, statement]) expect(people.stdout).toContain(text);
    }
    expect(people.stdout + data.stdout).not.toContain(escapeCode);
    const some = await chaos('--list', '--claim', 'pubsub/*', '--json');
    expect(JSON.parse(some.stdout).map(({ id }: { id: string }) => id.split('/')[0])).toEqual(
      Array(3).fill('pubsub'),
    );
  });

  test.each([
    { args: ['--nope'], says: ["unknown option '--nope'", '--help'] },
    { args: ['--lst'], says: ['--lst', 'Did you mean --list?'] },
    { args: ['pubsub/fan-out'], says: ['"pubsub/fan-out"', '--help'] },
    { args: ['--claim'], says: ['--claim', 'missing'] },
    { args: ['--claim', 'pubsub/*', '--claim', 'nothing/*'], says: ['"nothing/*"', 'no claim', '--list'] },
    { args: ['--claim', ''], says: ['""', 'no claim', '--list'] },
    ...['abc', '-1', '4294967296', '', '1.5', '0x10', '1e3'].map((seed) => ({
      args: ['--seed', seed],
      says: ['--seed', `'${seed}'`, 'whole number from 0 to 4294967295'],
    })),
    ...['0', '-2', 'many'].map((times) => ({
      args: ['--repeat', times],
      says: ['--repeat', `'${times}'`, 'whole number from 1 to 10000'],
    })),
    {
      args: ['--redis', 'redis://127.0.0.1:1'],
      says: ['redis://127.0.0.1:1', 'refused', 'for example redis://'],
    },
    {
      args: ['--redis', 'http://127.0.0.1:6379'],
      says: ['"http://127.0.0.1:6379"', 'redis://127.0.0.1:6379'],
    },
    { args: ['--redis', 'postgres'], says: ['"postgres"', 'redis://'] },
    {
      args: ['--system', 'compose', '--redis', 'docker'],
      says: ['--system compose', 'leave out --redis', 'REDIS_IMAGE'],
    },
    { args: ['--system', 'kubernetes'], says: ['kubernetes', 'compose'] },
    { args: ['--queue', 'kafka'], says: ['--queue "kafka"', 'no such adapter', 'stream', './my-adapter.ts'] },
    {
      args: ['--queue', './nope.ts'],
      says: ['--queue "./nope.ts"', 'no such file; it should', 'examples/my-adapter.ts'],
    },
    { args: ['--queue', './harness/flags.ts'], says: ['no QueueAdapter', 'queue.ts'] },
    { args: ['--queue', 'stream', '--claim', 'pubsub/fan-out'], says: ['--queue', 'none', 'has a queue'] },
    { args: ['--out', ''], says: ['--out', 'directory'] },
    ...['-1', '65536', 'http'].map((port) => ({
      args: ['--metrics-port', port],
      says: ['--metrics-port', `'${port}'`, 'whole number from 0 to 65535'],
    })),
    {
      args: ['--metrics-port', '31999', '--metrics-host', '192.0.2.1'],
      says: ['--metrics-host 192.0.2.1', 'no such address', '127.0.0.1'],
    },
    ...['', 'grafana:3000', 'ftp://127.0.0.1'].map((url) => ({
      args: ['--grafana', url],
      says: ['--grafana', 'It must be a URL such as http://127.0.0.1:3030'],
    })),
    { args: ['--grafana', 'http://me:word@127.0.0.1'], says: ['--grafana', 'without user', 'GRAFANA_TOKEN'] },
    {
      args: ['--redis-config', 'appendfsync'],
      says: ["'appendfsync'", 'name=value', 'appendfsync=everysec'],
    },
    { args: ['--redis-config', 'dir=/var/lib/redis'], says: ['dir is the harness', 'leave it out'] },
    {
      args: ['--redis-config', 'maxmemory=1', '--redis-config', 'MaxMemory=2'],
      says: ['given already, as "1"'],
    },
    { args: ['--redis-config', 'appendonly=yes', '--claim', 'queue/*'], says: ['leave out --claim'] },
    {
      args: ['--redis-config', 'appendfsync=sometimes'],
      says: ['appendfsync "sometimes"', 'everysec, always, no'],
    },
    { args: ['--redis-config', 'nosuch=1'], says: ['Redis refuses', 'nosuch "1"', 'Bad directive'] },
  ])('$args: one line that says what is wrong and what is right', async ({ args, says }) => {
    const { exitCode, stdout, stderr } = await chaos(...args);
    expect({ exitCode, stdout, lines: stderr.trim().split('\n').length }).toEqual({
      exitCode: 64,
      stdout: '',
      lines: 1,
    });
    for (const text of says) expect(stderr).toContain(text);
  });

  test('--system compose where no Docker Compose is to be found, or no engine', async () => {
    // Nothing is on this PATH, and no engine at that address. Where both are found all the same, the image is no good.
    const env = { PATH: here.outDir, DOCKER_HOST: 'unix:///nowhere/docker.sock', REDIS_IMAGE: 'No Image' };
    const { exitCode, stdout, stderr } = await here.run(cli, ['--system', 'compose'], env);
    expect({ exitCode, stdout, lines: stderr.trim().split('\n').length }).toEqual({
      exitCode: 64,
      stdout: '',
      lines: 1,
    });
    expect(stderr).toMatch(/^--system compose: (no Docker .*apt install docker|"No Image" is no name)/);
  });

  test('a URL where something else than Redis answers', async () => {
    const server = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { exitCode, stdout, stderr } = await chaos('--redis', url);
    server.close();
    expect({ exitCode, stdout, lines: stderr.trim().split('\n').length }).toEqual({
      exitCode: 64,
      stdout: '',
      lines: 1,
    });
    expect(stderr).toContain(`${url}: this is not Redis`);
  });

  test('--metrics-port where somebody listens already', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const { exitCode, stderr } = await intoOut('--claim', 'pubsub/fan-out', '--metrics-port', String(port));
    server.close();
    expect({ exitCode, stderr }).toEqual({
      exitCode: 64,
      stderr: `--metrics-port ${port}: somebody listens there already; give a free one\n`,
    });
  });

  test('a password in --grafana is not repeated', async () => {
    const { stdout, stderr } = await chaos('--grafana', 'http://me:passw0rd@127.0.0.1');
    expect(stdout + stderr).not.toContain('passw0rd');
  });

  test('--out where a file is in the way', async () => {
    const file = join(here.temporaryDir, 'file');
    writeFileSync(file, '');
    for (const out of [file, join(file, 'below')]) {
      const { exitCode, stdout, stderr } = await chaos('--claim', 'pubsub/fan-out', '--out', out);
      expect({ exitCode, stdout, stderr }).toEqual({
        exitCode: 64,
        stdout: '',
        stderr: `--out ${out}: a file is in the way; give a directory that can be written\n`,
      });
    }
    rmSync(file);
  });
});
