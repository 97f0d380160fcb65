// Finds or provides what watches the judge: Prometheus, its promtool, and the exporter of Redis' own figures
// (packaged-program.ts says in which order). It starts none.

import type { DebianPackage } from './debian-package.ts';
import { type PackagedProgram, type ProvideOptions, provideProgram } from './packaged-program.ts';
import type { Program, ProgramKind } from './program.ts';

/** Debian 12 has 2.42; the rules and the configuration are good for that version and for 3. */
const floor = '2.42';

const server: ProgramKind = {
  name: 'prometheus',
  title: 'Prometheus',
  says: /^prometheus, version (\d+(?:\.\d+)+)/m,
  floor,
};
const tool: ProgramKind = {
  name: 'promtool',
  title: 'promtool',
  says: /^promtool, version (\d+(?:\.\d+)+)/m,
  floor,
};
const exporter: ProgramKind = {
  name: 'prometheus-redis-exporter',
  title: 'the Redis exporter',
  says: /Redis Metrics Exporter v?(\d+(?:\.\d+)+)/,
  floor: '1.45',
};

const prometheusPackage: DebianPackage = {
  dir: 'prometheus',
  packages: ['prometheus'],
  programs: ['prometheus', 'promtool'],
  main: server,
};
const installPrometheus =
  'install it (Debian, Ubuntu: apt install prometheus; macOS: brew install prometheus; or https://prometheus.io/download)';

const programs = {
  prometheus: {
    ...server,
    variable: 'PROMETHEUS',
    package: prometheusPackage,
    install: installPrometheus,
  },
  promtool: { ...tool, variable: 'PROMTOOL', package: prometheusPackage, install: installPrometheus },
  redisExporter: {
    ...exporter,
    alsoCalled: ['redis_exporter'],
    variable: 'REDIS_EXPORTER',
    package: { dir: 'redis-exporter', packages: [exporter.name], programs: [exporter.name], main: exporter },
    install:
      'install it (Debian, Ubuntu: apt install prometheus-redis-exporter; or https://github.com/oliver006/redis_exporter)',
  },
} satisfies Record<string, PackagedProgram>;

export type Monitoring = Record<keyof typeof programs, Program>;

/** @throws {Error} that says what was tried and what to install. */
export async function provideMonitoring(options: ProvideOptions): Promise<Monitoring> {
  return {
    prometheus: await provideProgram(programs.prometheus, options),
    promtool: await provideProgram(programs.promtool, options),
    redisExporter: await provideProgram(programs.redisExporter, options),
  };
}
