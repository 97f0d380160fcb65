// `npm run chaos` as a real process: what is on which stream, and what is left when it is interrupted or killed: nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sceneOfEachTest } from './command.fixture.ts';
import { freePort } from './system/ports.ts';
import { hasProc, mounts } from './system/proc.ts';
import { waitUntil } from './wait.ts';

const cli = 'harness/cli.ts';
const escapeCode = '\u001b';
const here = sceneOfEachTest();

const chaos = (...args: string[]) => here.run(cli, args);
const intoOut = (...args: string[]) => chaos(...args, '--out', here.outDir);

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

  test('--metrics-port serves while it runs; a Grafana that is unwell is one warning', async () => {
    const tokens: (string | undefined)[] = [];
    const grafana = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      request.resume().on('end', () => response.writeHead(503).end());
    });
    await new Promise<void>((done) => grafana.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(grafana.address() as AddressInfo).port}`;
    const port = await freePort();
    const args = ['--claim', 'pubsub/at-most-once', '--out', here.outDir, '--seed', '7'];
    const more = ['--metrics-port', String(port), '--grafana', url];
    const run = here.run(cli, [...args, ...more], { GRAFANA_TOKEN: 'secret' });
    const scrape = async () =>
      (await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined))?.text();
    const active = async () => (await scrape())?.includes('judge_fault_active{fault="client-kill"');
    await waitUntil(active, { what: 'a fault to be shown', deadlineMs: 40_000, everyMs: 20 });
    const { exitCode, stdout, stderr } = await run;
    grafana.close();
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: `--grafana ${url}/: faults are not annotated: it answered 503\n`,
    });
    expect(stdout).not.toContain('secret');
    expect(new Set(tokens)).toEqual(new Set(['Bearer secret']));
    expect(await scrape()).toBeUndefined();
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
