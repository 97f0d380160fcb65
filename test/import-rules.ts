// Who may import whom (design.md), as data: which edges each rule forbids, and a scanner that finds the edges. It reads
// `import`, `export … from` and `import('literal')`; TypeScript 7 has no API for a parser that others build upon.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Edge {
  /** Paths from the project's root, with slashes. */
  from: string;
  /** A path as well, or the bare name of a package or of a built-in module. */
  to: string;
  /** `import type`: nothing is left of it when the program runs. */
  typeOnly: boolean;
}

export interface Source {
  file: string;
  text: string;
}

export interface ImportRule {
  name: string;
  forbids(edge: Edge): boolean;
}

const folders = ['services', 'harness', 'bench', 'loadtests', 'dashboards', 'test'];

export function readSources(root: string): Source[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|js|mjs)$/.test(file) && !file.includes('node_modules'))
        .map((file) => posix.join(folder, file.replaceAll('\\', '/'))),
    )
    .sort()
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
}

export function edgesOf({ file, text }: Source): Edge[] {
  const edge = (to: string, typeOnly: boolean): Edge => ({
    from: file,
    to: to.startsWith('.') ? posix.join(posix.dirname(file), to) : to,
    typeOnly,
  });
  // With verbatimModuleSyntax `import { type A } from 'x'` still loads x; only `import type` does not.
  const named = text.matchAll(/^(?:import|export)\s+(type\s)?[^'"`;]*?\bfrom\s*(['"])(.+?)\2/gm);
  const bare = text.matchAll(/^import\s*(['"])(.+?)\1/gm);
  const dynamic = text.matchAll(/\bimport\(\s*(['"])(.+?)\1/g);
  return [
    ...[...named].map(([, type, , to]) => edge(to!, type !== undefined)),
    ...[...bare, ...dynamic].map(([, , to]) => edge(to!, false)),
  ];
}

/** Tests, what serves only them, and what only a test could import. */
export function isTest(file: string): boolean {
  return /(\.(test|fixture)\.ts$)|(\/testing\/)|(^test\/)/.test(file);
}

const within = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const isPath = (to: string) => folders.some((folder) => within(folder)(to));
const pureFile = /^harness\/(checker\/.+|op|history|outcome|verdict|random|span)\.ts$/;
const reportable = /^harness\/(op|verdict|history|claim|span|jobs-so-far|checker\/(cells|usl|traces))\.ts$/;

/** Plain constants, types and functions: the rest of loadtests/ runs in k6 alone. */
const plainLoadtest =
  /^loadtests\/lib\/(journal|junit|objectives|plan|random|slo|submissions|summary|table)\.ts$/;

/** Each over production code; `no-test-in-production` keeps tests from being a way around them. */
export const importRules: readonly ImportRule[] = [
  {
    name: 'services never import harness',
    forbids: ({ from, to }) => within('services')(from) && within('harness')(to),
  },
  {
    name: 'harness imports from services only services/shared',
    forbids: ({ from, to }) =>
      within('harness')(from) && within('services')(to) && !within('services/shared')(to),
  },
  {
    name: 'checker, op, span, history, outcome, verdict and random import only each other, and types of contracts and claims',
    forbids: ({ from, to, typeOnly }) => {
      if (!pureFile.test(from) || pureFile.test(to)) return false;
      if (from === 'harness/random.ts' && (to === 'node:crypto' || to.startsWith('pure-rand/'))) return false;
      return !(typeOnly && (within('services/shared')(to) || to === 'harness/claim.ts'));
    },
  },
  {
    name: 'claim.ts is types only',
    forbids: ({ from, typeOnly }) => from === 'harness/claim.ts' && !typeOnly,
  },
  {
    name: 'workload never imports nemesis, system or toolchain',
    forbids: ({ from, to }) =>
      within('harness/workload')(from) && /^harness\/(nemesis|system|toolchain)\//.test(to),
  },
  {
    name: 'report imports only results, ops, spans, verdicts, histories, claims, counts of jobs, traces, the cells of a table and the scalability law',
    forbids: ({ from, to }) =>
      within('harness/report')(from) && isPath(to) && !within('harness/report')(to) && !reportable.test(to),
  },
  {
    name: "report takes no more than a claim's type",
    forbids: ({ from, to, typeOnly }) =>
      within('harness/report')(from) && to === 'harness/claim.ts' && !typeOnly,
  },
  {
    name: "loadtests and dashboards import neither side's internals",
    forbids: ({ from, to }) => {
      if (!within('loadtests')(from) && !within('dashboards')(from)) return false;
      if (within('dashboards')(from) && to === 'services/shared/metric-names.ts') return false;
      return within('services')(to) || within('harness')(to);
    },
  },
  {
    name: 'nothing imports a main.ts or cli.ts',
    forbids: ({ to }) => /(^|\/)(main|cli)\.ts$/.test(to),
  },
  {
    name: 'production imports no test',
    forbids: ({ to }) => isTest(to) || to === 'vitest' || to === 'fast-check',
  },
  {
    name: 'loadtests import only k6 and their own lib, because k6 runs them',
    forbids: ({ from, to }) =>
      within('loadtests')(from) && !within('loadtests/lib')(to) && !/^k6(\/|$)/.test(to),
  },
  {
    name: 'harness imports of loadtests only what needs no k6',
    forbids: ({ from, to }) => within('harness')(from) && within('loadtests')(to) && !plainLoadtest.test(to),
  },
];

/** A cycle of imports that run, as its files; the first that is found. */
export function cycleIn(edges: readonly Edge[]): string[] | undefined {
  const next = Map.groupBy(
    edges.filter(({ typeOnly }) => !typeOnly),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const { to } of next.get(file) ?? []) {
      const cycle = visit(to);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return undefined;
}

const readsEnvironment = new Set([
  'services/shared/config.ts',
  'harness/cli.ts',
  'harness/load.ts',
  'harness/start.ts',
  'bench/main.ts',
  'harness/system/process.ts',
  'harness/system/dead-man.ts',
]);

/** Whether it reads the environment, though it should be given its settings. */
export function readsEnvironmentWrongly({ file, text }: Source): boolean {
  if (readsEnvironment.has(file)) return false;
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');
  return /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[|\{[^{}]*\benv\b[^{}]*\}\s*(=\s*process\b|from\s*['"](node:)?process)/.test(
    code,
  );
}
