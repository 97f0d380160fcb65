// `npm run chaos` as a real process: what it says to good and bad usage, what is on which stream, and what is left when it
// is interrupted or killed: nothing.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Scene, scene } from './command.fixture.ts';
import { hasProc, mounts } from './system/proc.ts';
import { waitUntil } from './wait.ts';

const cli = 'harness/cli.ts';
const escapeCode = '\u001b';
const dir = mkdtempSync(join(tmpdir(), 'cli-test-'));
let here: Scene;

beforeEach(() => {
  here = scene(dir);
});
afterEach(() => {
  expect(here.left()).toEqual([]);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

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
    { args: ['--queue', 'kafka'], says: ['--queue "kafka"', 'no such adapter', 'stream', './my-adapter.ts'] },
    { args: ['--queue', './nope.ts'], says: ['--queue "./nope.ts"', 'no such file'] },
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

describe('streams', () => {
  test('--json: results.json on standard output, progress on standard error, escape codes nowhere', async () => {
    const { exitCode, stdout, stderr } = await intoOut('--claim', 'pubsub/fan-out', '--json', '--seed', '7');
    expect(exitCode).toBe(0);
    const results = JSON.parse(stdout);
    expect(results).toMatchObject({ schema: 1, run: { seed: 7 }, summary: { held: 1 } });
    expect(stdout).toBe(readFileSync(join(here.outDir, 'latest/results.json'), 'utf8'));
    expect(stderr).toContain('held');
    expect(stdout + stderr).not.toContain(escapeCode);
    const page = readFileSync(join(here.outDir, 'latest/report.html'), 'utf8');
    expect(page).toContain('pubsub/fan-out');
  });

  test('a reader that goes away stops the run, without a stack trace', async () => {
    const out = `--out '${here.outDir}'`;
    for (const [args, status] of [
      ['--list', 0],
      [`--claim 'pubsub/*' ${out}`, 130],
    ]) {
      const { stdout, stderr } = await here.shell(`("$NODE" ${cli} ${args}; echo "status $?" >&2) | head -1`);
      expect(stdout.split('\n')).toHaveLength(2);
      expect(stderr).toMatch(new RegExp(`(^|\n)status ${status}\n$`));
      expect(stderr).not.toMatch(/\n\s+at |EPIPE/);
    }
  });
});

describe.runIf(hasProc)('interrupted', () => {
  const storedClaims = (): string[] => {
    const file = join(here.outDir, 'latest/results.json');
    return JSON.parse(readFileSync(file, 'utf8')).claims.map(({ id }: { id: string }) => id);
  };

  /** A run whose first fault of that kind has just landed. */
  const inTheMiddle = async (kind: string, ...claims: string[]) => {
    const run = intoOut(...claims.flatMap((id) => ['--claim', id]), '--seed', '3');
    let said = '';
    run.stdout!.on('data', (text: Buffer) => {
      said += text;
    });
    const landed = () => new RegExp(`^ +claim .* ${kind} `, 'm').test(said);
    await waitUntil(landed, { what: `a ${kind}`, deadlineMs: 40_000 });
    expect(here.processes().length).toBeGreaterThan(3); // what must be gone afterwards is there
    return { run }; // a promise of its own would be awaited
  };

  test.each([
    ['SIGINT', 'worker-kill', 'fault/worker-kill-list'],
    // Redis is dead at that moment: whoever asks it anything on the way out gets no answer.
    ['SIGTERM', 'redis-kill', 'fault/redis-outage-is-an-error-not-a-hang'],
  ] as const)('%s in the middle of a %s', async (signal, kind, claim) => {
    const { run } = await inTheMiddle(kind, claim);
    const beganMs = performance.now();
    run.kill(signal);
    const { exitCode, stderr } = await run;
    expect(performance.now() - beganMs).toBeLessThan(3000);
    expect(exitCode).toBe(130);
    expect(stderr).toBe(`\ninterrupted (${signal}); all that the run had started is gone\n`);
    expect(here.left()).toEqual([]);
  });

  test('what was finished before is kept', async () => {
    const { run } = await inTheMiddle(
      'subscriber-kill',
      'pubsub/fan-out',
      'pubsub/status-reaches-every-client',
    );
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
    expect(storedClaims()).toEqual(['pubsub/fan-out']);
  });

  test('SIGKILL while a worker is paused: 5 s later nothing is left', async () => {
    const run = intoOut('--claim', 'fault/zombie-is-fenced', '--seed', '3');
    const paused = () => here.processes().some(({ state }) => state === 'T');
    await waitUntil(paused, { what: 'a paused worker', deadlineMs: 40_000 });
    expect(readdirSync(here.temporaryDir).length).toBeGreaterThan(0);
    run.kill('SIGKILL');
    const gone = () => here.left().length === 0;
    await waitUntil(gone, { what: `nothing to be left, not ${here.left()}`, deadlineMs: 5000 });
    await run;
  });

  test.runIf(process.getuid?.() === 0)(
    'SIGKILL with disks mounted: 5 s later neither a mount nor a loop device is left',
    async () => {
      const run = intoOut('--redis-config', 'appendonly=yes', '--seed', '3');
      const mounted = () => mounts().filter(({ path }) => path.startsWith(here.temporaryDir));
      const cut = () => mounted().some(({ options }) => options.includes('shutdown'));
      // Where no disk can be made there is nothing to see; the run ends by itself.
      let over = false;
      run.finally(() => {
        over = true;
      });
      await waitUntil(() => cut() || over, { what: 'a power cut', deadlineMs: 40_000, everyMs: 1 });
      run.kill('SIGKILL');
      const gone = () => here.left().length === 0 && mounted().length === 0;
      await waitUntil(gone, { what: `nothing to be left, not ${here.left()}`, deadlineMs: 5000 });
      await run;
    },
  );
});
