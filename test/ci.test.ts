// .github/workflows/ci.yml as data: it can only run on GitHub, so what can be told without is told here.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadClaims } from '../harness/claims/index.ts';
import { parseFlags } from '../harness/flags.ts';

const step = z.strictObject({
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z
    .string()
    .regex(/^actions\/[a-z-]+@v\d+$/)
    .optional(),
  with: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const job = z.strictObject({
  'runs-on': z.string(),
  'timeout-minutes': z.number(),
  strategy: z
    .strictObject({ 'fail-fast': z.boolean(), matrix: z.record(z.string(), z.array(z.string())) })
    .optional(),
  services: z
    .record(z.string(), z.strictObject({ image: z.string(), ports: z.array(z.string()) }))
    .optional(),
  steps: z.array(step.refine((one) => (one.uses === undefined) !== (one.run === undefined))),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() }),
  env: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), job),
});

const root = resolve(import.meta.dirname, '..');
const { jobs } = workflow.parse(parse(readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8')));
/** What an expression becomes does not matter here, but that it is one word. */
const plain = (command: string) => command.replaceAll(/\$\{\{.*?\}\}/g, 'redis:8');
const commands = Object.values(jobs).flatMap(({ steps }) =>
  steps.flatMap(({ run }) => (run === undefined ? [] : plain(run).split('\n'))),
);

test('lint, types, tests', () => {
  expect(commands).toEqual(expect.arrayContaining(['npm run lint', 'npm run types', 'npm test']));
});

test('Redis 7 and 8 and Valkey: tests, claims that crash it, claims on a service container', () => {
  const { strategy, services, steps } = jobs.servers!;
  expect(strategy!.matrix.redis).toEqual(['redis:7', 'redis:8', 'valkey/valkey:8']);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's
  const each = '${{ matrix.redis }}';
  expect(steps).toContainEqual(
    expect.objectContaining({ run: 'npm test -- services', env: { TEST_REDIS: `docker:${each}` } }),
  );
  expect(steps).toContainEqual(
    expect.objectContaining({ run: expect.stringContaining(`--redis docker:${each} `) }),
  );
  expect(services!.redis).toEqual({ image: each, ports: ['6379:6379'] });
  expect(steps).toContainEqual(
    expect.objectContaining({ run: expect.stringContaining('--redis redis://127.0.0.1:6379 ') }),
  );
});

test('a short chaos run, its report an artifact however it ends', () => {
  const { steps } = jobs.chaos!;
  expect(steps).toContainEqual(
    expect.objectContaining({ run: expect.stringContaining('npm run chaos -- ') }),
  );
  expect(steps.at(-1)).toMatchObject({
    if: 'always()',
    with: { name: 'chaos-report', path: 'runs/latest/' },
  });
});

test('every npm script exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = commands.flatMap((command) =>
    [...command.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name),
  );
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(scripts).toHaveProperty([name!]);
});

test('every chaos command takes its flags, and names claims that exist', async () => {
  const ids = (await loadClaims()).map(({ id }) => id);
  const runs = commands.filter((command) => command.startsWith('npm run chaos -- '));
  expect(runs.length).toBeGreaterThanOrEqual(3);
  for (const run of runs) {
    const flags = parseFlags(run.replace('npm run chaos -- ', '').trim().split(' '));
    expect(flags!.claim.length).toBeGreaterThan(0);
    for (const id of flags!.claim) expect(ids).toContain(id);
  }
});
