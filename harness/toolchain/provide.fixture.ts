// Provides a Redis into the root and with the PATH given as arguments, starts it, and prints as JSON what was provided, what was said, and
// which of its libraries came from where (from /proc/<pid>/maps).

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { provideRedis } from './redis.ts';

const said: string[] = [];
const binary = await provideRedis({
  root: process.argv[2]!,
  env: { PATH: process.argv[3] },
  say: (line) => said.push(line),
});
const server = spawn(
  binary.path,
  ['--port', '0', '--unixsocket', join(process.argv[2]!, `${process.pid}.sock`), '--save', ''],
  {
    env: binary.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
let log = '';
for await (const chunk of server.stdout) {
  log += chunk;
  if (/accept connections|ready to accept/i.test(log)) break;
}
const maps = readFileSync(`/proc/${server.pid}/maps`, 'utf8');
server.kill('SIGKILL');
const libraries = [...new Set([...maps.matchAll(/\/\S+\.so[.\d]*$/gm)].map((match) => match[0]))];
console.log(JSON.stringify({ binary, said, libraries, log: log.slice(-200) }));
