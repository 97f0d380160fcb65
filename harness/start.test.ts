// `npm start` as a real process: the line that it prints works when pasted, and it ends without a trace, by Ctrl-C, by
// the death of a service, and by SIGKILL.

import { createServer } from 'node:net';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { sceneOfEachTest } from './command.fixture.ts';
import { freePort } from './system/ports.ts';
import { commandLine, hasProc } from './system/proc.ts';
import { waitUntil } from './wait.ts';

const here = sceneOfEachTest();

async function up(...args: string[]) {
  return whenUp(here.run('harness/start.ts', args));
}

async function whenUp(run: ReturnType<typeof here.run>) {
  let said = '';
  run.stdout!.on('data', (text: Buffer) => {
    said += text;
  });
  await waitUntil(() => said.includes('Ctrl-C'), { what: 'the judge to be up', deadlineMs: 20_000 });
  return { run, said };
}

test('its curl line works when pasted; Ctrl-C, sent twice as npm does, stops all of it within 3 s', async () => {
  const port = await freePort();
  const { run, said } = await up('--port', String(port), '--workers', '1');
  expect(said).toContain(`http://127.0.0.1:${port}\n`);
  const [post, get] = said.split('\n').filter((line) => line.startsWith('  curl '));
  const accepted = await execa('sh', ['-c', post!]);
  expect(accepted.stdout).toMatch(/^HTTP\/1.1 202/);
  const [, id] = /"id":"(\w+)"/.exec(accepted.stdout)!;
  const verdict = async () =>
    (await execa('sh', ['-c', get!.replace('<id>', id!)])).stdout.includes('"verdict":"AC"');
  await waitUntil(verdict, { what: 'the verdict', deadlineMs: 5000, everyMs: 50 });
  for (const [page] of said.matchAll(/http:\S+\/metrics/g)) expect((await fetch(page)).status).toBe(200);
  expect(said.match(/http:\S+\/metrics/g)).toHaveLength(3);

  const beganMs = performance.now();
  run.kill('SIGINT');
  run.kill('SIGINT');
  const { exitCode, stderr } = await run;
  expect(performance.now() - beganMs).toBeLessThan(3000);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});

test('who ends npm ends the judge', async () => {
  const run = here.shell(
    `NODE_DISABLE_COMPILE_CACHE=1 exec npm start -- --port ${await freePort()} --workers 1`,
  );
  await whenUp(run);
  run.kill('SIGTERM');
  expect((await run).stdout).toContain('all of it is gone');
});

test('a port that is taken: another one, and it says so', async () => {
  const port = await freePort();
  const squatter = createServer();
  await new Promise<void>((done) => squatter.listen(port, '127.0.0.1', done));
  const { run, said } = await up('--port', String(port), '--workers', '1');
  expect(said).toContain(`(port ${port} is taken)`);
  run.kill('SIGTERM');
  expect((await run).exitCode).toBe(0);
  squatter.close();
});

test.runIf(hasProc).each(['redis-server', 'worker'])('%s dies by itself', async (service) => {
  const { run } = await up('--port', String(await freePort()), '--workers', '1');
  const victim = here.processes().find(({ pid }) => commandLine(pid).includes(service))!;
  process.kill(victim.pid, 'SIGKILL');
  const { exitCode, stderr } = await run;
  expect(exitCode).toBe(70);
  expect(stderr).toMatch(
    new RegExp(`${service === 'worker' ? 'worker-1' : 'Redis'} ended .*its log ends:\n {2}\\S`),
  );
});

test.runIf(hasProc)('SIGKILL: 5 s later nothing is left', async () => {
  const { run } = await up('--port', String(await freePort()), '--workers', '1');
  expect(here.processes().length).toBe(4);
  run.kill('SIGKILL');
  await waitUntil(() => here.left().length === 0, { what: 'nothing to be left', deadlineMs: 5000 });
  await run;
});

test('what the environment says of logs and traces reaches the services, which refuse what is wrong', async () => {
  const env = { LOG_LEVEL: 'loud', OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' };
  const { exitCode, stderr } = await here.run('harness/start.ts', ['--port', String(await freePort())], env);
  expect(exitCode).toBe(70);
  expect(stderr).toContain('OTEL_EXPORTER_OTLP_ENDPOINT="nowhere": expected a URL such as');
});

test('bad usage is one line and 64; --help is help', async () => {
  for (const args of [
    ['--prot'],
    ['--port', 'x'],
    ['--port', '70000'],
    ['--workers', '0'],
    ['--redis', 'nope'],
    ['up'],
  ]) {
    const { exitCode, stdout, stderr } = await here.run('harness/start.ts', args);
    expect({ exitCode, stdout, lines: stderr.trim().split('\n').length }).toEqual({
      exitCode: 64,
      stdout: '',
      lines: 1,
    });
    expect(stderr).toContain(args.at(-1));
  }
  const { exitCode, stdout } = await here.run('harness/start.ts', ['--help']);
  expect(exitCode).toBe(0);
  for (const flag of ['--port', '--workers', '--redis']) expect(stdout).toContain(flag);
});
