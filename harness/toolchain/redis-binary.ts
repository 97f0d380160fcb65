// Which program is a Redis that will do: redis-server of Redis or Valkey, and new enough.

import type { PackagedProgram } from './packaged-program.ts';
import type { Program, ProgramKind } from './program.ts';
import { redisFloor } from './redis-version.ts';

export type RedisBinary = Program;

const kind: ProgramKind = {
  name: 'redis-server',
  title: 'Redis',
  says: /^(?:Redis|Valkey) server v=(\d+(?:\.\d+)+)/m,
  floor: redisFloor,
};

export const redisProgram: PackagedProgram = {
  ...kind,
  variable: 'REDIS_SERVER',
  package: {
    dir: 'redis',
    packages: ['redis-server', 'redis-tools'],
    programs: ['redis-server', 'redis-cli', 'redis-benchmark', 'redis-check-aof'],
    main: kind,
  },
  install:
    'install one (Debian, Ubuntu: apt install redis-server; Fedora: dnf install redis or valkey; macOS: brew install redis)',
};
