// The import rules of design.md hold, and each of them would be seen to be broken.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  cycleIn,
  type Edge,
  edgesOf,
  importRules,
  isTest,
  readSources,
  readsEnvironmentWrongly,
} from './import-rules.ts';

const sources = readSources(join(import.meta.dirname, '..'));
const edges = sources.map((source) => ({ source, edges: edgesOf(source) }));
/** What imports a test library is no production code, whatever its name. */
const testFiles = new Set(
  edges
    .filter(
      ({ source, edges: own }) =>
        isTest(source.file) || own.some(({ to }) => /^(vitest|fast-check)$/.test(to)),
    )
    .map(({ source }) => source.file),
);
const production = edges.filter(({ source }) => !testFiles.has(source.file)).flatMap(({ edges: own }) => own);
const said = ({ from, to }: Edge) => `${from} imports ${to}`;

describe('the project', () => {
  test('is what was read', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(production.map(said)).toContain('harness/run.ts imports harness/verdict.ts');
    expect(production.map(said)).toContain('services/worker/main.ts imports services/shared/config.ts');
  });

  test.each(importRules)('$name', ({ forbids }) => {
    expect(production.filter(forbids).map(said)).toEqual([]);
  });

  test('production imports no file that imports a test library', () => {
    expect(production.filter(({ to }) => testFiles.has(to)).map(said)).toEqual([]);
  });

  test('every relative import is of a file that exists, with its ending', () => {
    const files = new Set(sources.map(({ file }) => file));
    const local = edges
      .flatMap(({ edges: own }) => own)
      .filter(
        ({ to }) => to.includes('/') && /^(services|harness|bench|test|loadtests|dashboards)\//.test(to),
      );
    expect(local.filter(({ to }) => !files.has(to)).map(said)).toEqual([]);
  });

  test('no cycles', () => {
    expect(cycleIn(edges.flatMap(({ edges: own }) => own))).toBeUndefined();
  });

  test('the environment is read where it is parsed, nowhere else', () => {
    const wrong = sources.filter((source) => !testFiles.has(source.file) && readsEnvironmentWrongly(source));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});

describe('each rule is seen to be broken', () => {
  const planted: [number, string, string, ('type' | undefined)?][] = [
    [0, 'services/api/app.ts', 'harness/op.ts'],
    [0, 'services/shared/clock.ts', 'harness/op.ts', 'type'],
    [1, 'harness/run.ts', 'services/worker/worker.ts'],
    [1, 'harness/workload/x.ts', 'services/api/problem.ts', 'type'],
    [2, 'harness/checker/cause.ts', 'node:fs'],
    [2, 'harness/checker/deep/x.ts', 'ioredis'],
    [2, 'harness/op.ts', 'node:timers/promises'],
    [2, 'harness/history.ts', 'harness/system/judge.ts', 'type'],
    [2, 'harness/verdict.ts', 'harness/claim.ts'],
    [2, 'harness/outcome.ts', 'services/shared/contract.ts'],
    [2, 'harness/random.ts', 'node:fs'],
    [2, 'harness/checker/cause.ts', 'node:crypto'],
    [2, 'harness/span.ts', 'node:fs'],
    [3, 'harness/claim.ts', 'harness/system/judge.ts'],
    [4, 'harness/workload/x.ts', 'harness/nemesis/victim.ts'],
    [4, 'harness/workload/x.ts', 'harness/system/judge.ts', 'type'],
    [4, 'harness/workload/x.ts', 'harness/toolchain/redis.ts'],
    [5, 'harness/report/html.ts', 'harness/run.ts'],
    [5, 'harness/report/html/plot.ts', 'harness/system/judge.ts', 'type'],
    [5, 'harness/report/html.ts', 'services/shared/contract.ts'],
    [5, 'harness/report/html/story.ts', 'harness/stored-stories.ts'],
    [6, 'harness/report/listing.ts', 'harness/claim.ts'],
    [7, 'loadtests/smoke.ts', 'services/shared/contract.ts'],
    [7, 'loadtests/lib/x.ts', 'services/shared/metrics.ts'],
    [7, 'dashboards/x.ts', 'harness/op.ts', 'type'],
    [7, 'dashboards/x.ts', 'services/shared/metrics.ts'],
    [8, 'harness/x.ts', 'harness/cli.ts'],
    [8, 'services/shared/x.ts', 'services/api/main.ts', 'type'],
    [9, 'services/api/app.ts', 'services/subscriber/testing/browser.ts'],
    [9, 'harness/run.ts', 'test/redis.ts'],
    [9, 'harness/run.ts', 'fast-check'],
    [10, 'loadtests/smoke.ts', 'node:fs'],
    [10, 'loadtests/lib/x.ts', 'zod', 'type'],
    [10, 'loadtests/lib/x.ts', 'loadtests/smoke.ts'],
    [11, 'harness/load/x.ts', 'loadtests/smoke.ts'],
    [11, 'harness/load/x.ts', 'loadtests/lib/judge.ts', 'type'],
  ];

  test.each(planted)('rule %i: %s imports %s %s', (rule, from, to, type) => {
    const edge: Edge = { from, to, typeOnly: type === 'type' };
    expect(importRules[rule]!.forbids(edge)).toBe(true);
  });

  test('no rule is without such a plant', () => {
    expect(new Set(planted.map(([rule]) => rule)).size).toBe(importRules.length);
  });

  test.each([
    ['harness/verdict.ts', 'harness/claim.ts', 'type'],
    ['harness/checker/accounting.ts', 'services/shared/contract.ts', 'type'],
    ['harness/random.ts', 'node:crypto'],
    ['harness/workload/x.ts', 'harness/claim.ts', 'type'],
    ['harness/workload/x.ts', 'services/shared/contract.ts'],
    ['harness/report/terminal.ts', 'log-update'],
    ['harness/report/html/plot.ts', 'harness/report/figures.ts'],
    ['harness/report/html/story.ts', 'harness/checker/traces.ts'],
    ['harness/checker/traces.ts', 'harness/span.ts', 'type'],
    ['dashboards/x.ts', 'services/shared/metric-names.ts'],
    ['loadtests/lib/judge.ts', 'k6/http'],
    ['loadtests/lib/judge.ts', 'k6'],
    ['harness/load/flags.ts', 'loadtests/lib/plan.ts'],
    ['harness/system/dead-man.ts', 'harness/system/dead-man-main.ts', 'type'],
  ])('%s may import %s %s', (from, to, type?: string) => {
    const edge: Edge = { from, to, typeOnly: type === 'type' };
    expect(importRules.filter(({ forbids }) => forbids(edge)).map(({ name }) => name)).toEqual([]);
  });
});

describe('the scanner', () => {
  test('finds every kind of import, and what is left of it at run time', () => {
    const text = [
      "// import { no } from './comment.ts';",
      "import one from './one.ts';",
      "import type { Two } from '../two.ts';",
      "import { type Three } from './three.ts';",
      'import {\n  four,\n  type Five,\n} from "../../harness/four.ts";',
      "import './six.ts';",
      "import * as fs from 'node:fs';",
      "export { seven } from './seven.ts';",
      "export type { Eight } from './eight.ts';",
      "export * from './nine.ts';",
      `const ten = await ${'import'}('./ten.ts');`,
      "const text = 'import eleven';",
      "const x = 'a'; const y = x.from('./twelve.ts');",
    ].join('\n');
    expect(edgesOf({ file: 'services/api/x.ts', text }).map(({ to, typeOnly }) => [to, typeOnly])).toEqual([
      ['services/api/one.ts', false],
      ['services/two.ts', true],
      ['services/api/three.ts', false],
      ['harness/four.ts', false],
      ['node:fs', false],
      ['services/api/seven.ts', false],
      ['services/api/eight.ts', true],
      ['services/api/nine.ts', false],
      ['services/api/six.ts', false],
      ['services/api/ten.ts', false],
    ]);
  });

  test('finds a cycle, its own tail as well, but none of types', () => {
    const graph = (...pairs: [string, string, boolean?][]): Edge[] =>
      pairs.map(([from, to, typeOnly = false]) => ({ from, to, typeOnly }));
    expect(cycleIn(graph(['a', 'b'], ['b', 'c'], ['c', 'b']))).toEqual(['b', 'c', 'b']);
    expect(cycleIn(graph(['a', 'a']))).toEqual(['a', 'a']);
    expect(cycleIn(graph(['a', 'b'], ['b', 'c', true], ['c', 'a'], ['a', 'c', true]))).toEqual(undefined);
    expect(cycleIn(graph(['a', 'b'], ['a', 'c'], ['b', 'd'], ['c', 'd']))).toBeUndefined();
  });

  test.each([
    ['process.env.PATH', true],
    ['process?.env', true],
    ['process["env"]', true],
    ['const { env } = process;', true],
    ['const { pid, env: all } = process;', true],
    ["import { env } from 'node:process';", true],
    ['// nothing reads process.env here', false],
    ['/* process.env\n process.env */', false],
    ["const url = 'http://x'; process.env.X", true],
    ['const { env } = options;', false],
    ['child.process.environment', false],
  ])('%s', (text, wrong) => {
    expect(readsEnvironmentWrongly({ file: 'harness/run.ts', text })).toBe(wrong);
    expect(readsEnvironmentWrongly({ file: 'services/shared/config.ts', text })).toBe(false);
  });
});
