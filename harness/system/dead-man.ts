// Starts the dead-man: a separate process that ends everything a run started if the harness itself dies, SIGKILL
// included. It holds the reading end of a pipe; the harness holds the only writing end, so the kernel tells it of every
// kind of death. What it then does is in dead-man-main.ts. It does not watch the services: that is the harness's work.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineAddress } from '../toolchain/docker.ts';
import type { Order } from './dead-man-main.ts';
import { readStat } from './proc.ts';

export interface DeadMan {
  /** Every process of the run carries it as `REDPROOF_RUN`; that is how descendants are found. */
  readonly token: string;
  /** @throws {Error} if the dead-man died: nothing more may be started then. */
  registerProcess(pid: number): void;
  forgetProcess(pid: number): void;
  /** Removed with all it holds, at the end or at the harness's death. @throws {RangeError} for a path too dear. */
  registerDirectory(path: string): void;
  /** Call it before mounting, so that no moment is uncovered, and again once the loop device is known. */
  registerMount(path: string, loopDevice?: string): void;
  forgetMount(path: string): void;
  /** All containers, networks and volumes that carry the run's label (container.ts) go away. Call it before making one. */
  registerEngine(address: EngineAddress): void;
  /**
   * The normal end: whatever is left is cleaned in the same way; resolves when the dead-man has exited.
   * @throws {Error} that names what could not be cleaned.
   */
  dismiss(): Promise<void>;
}

export async function startDeadMan(): Promise<DeadMan> {
  const token = randomBytes(16).toString('hex');
  let helper = await startHelper(token);
  let dismissal: Promise<void> | undefined;
  const standing = new Map<string, Order>();
  const stand = (key: string, order: Order) => {
    if (helper.exit !== undefined)
      throw new Error(`the dead-man died (${helper.exit}): nothing more may be started`);
    standing.set(key, order);
    helper.send(order);
  };
  const drop = (key: string, order: Order) => {
    if (standing.delete(key)) helper.send(order);
  };
  const end = async () => {
    if (helper.exit !== undefined) {
      // It died before the harness did. Another takes over its list, so that nothing stays behind.
      helper = await startHelper(token);
      for (const order of standing.values()) helper.send(order);
    }
    await helper.finish();
  };
  return {
    token,
    registerProcess: (pid) =>
      stand(`process ${pid}`, { do: 'registerProcess', pid, startTicks: readStat(pid)?.startTicks ?? null }),
    forgetProcess: (pid) => drop(`process ${pid}`, { do: 'forgetProcess', pid }),
    registerDirectory: (path) =>
      stand(`directory ${path}`, { do: 'registerDirectory', path: checkedDirectory(path) }),
    registerMount: (path, loopDevice) =>
      stand(`mount ${path}`, { do: 'registerMount', path, loopDevice: loopDevice ?? null }),
    forgetMount: (path) => drop(`mount ${path}`, { do: 'forgetMount', path }),
    registerEngine: (address) => stand('engine', { do: 'registerEngine', address }),
    dismiss: () => {
      dismissal ??= end();
      return dismissal;
    },
  };
}

/** For its start on a busy machine, and for its end: it gives itself half of this. */
const deadlineMs = 10_000;

interface Helper {
  /** How it ended, if it did. */
  readonly exit: string | undefined;
  send(order: Order): void;
  finish(): Promise<void>;
}

async function startHelper(token: string): Promise<Helper> {
  const main = fileURLToPath(new URL('./dead-man-main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, token], {
    cwd: '/', // it must not keep a mount busy
    detached: true, // its own session: no Ctrl-C, no SIGHUP of the terminal
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let said = '';
  let exit: string | undefined;
  const exited = new Promise<void>((done) => {
    child.once('error', (error) => {
      exit ??= error.message;
      done();
    });
    child.once('close', (code, signal) => {
      exit ??= signal ?? `status ${code}`;
      done();
    });
  });
  child.stdin.on('error', () => {}); // EPIPE: `exit` tells the story
  child.stdout.setEncoding('utf8');
  const ready = new Promise<void>((done) => {
    child.stdout.on('data', (text: string) => {
      said += text;
      if (said.startsWith('ready\n')) done();
    });
  });
  await withinDeadline(Promise.race([ready, exited]));
  if (!said.startsWith('ready\n')) {
    child.kill('SIGKILL');
    throw new Error(`the dead-man did not get ready within ${deadlineMs} ms (${exit ?? 'still starting'})`);
  }
  hold(child, false);
  return {
    get exit() {
      return exit;
    },
    send: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    finish: async () => {
      hold(child, true);
      child.stdin.end();
      await withinDeadline(exited);
      if (exit === 'status 0') return;
      const problems = said.slice('ready\n'.length).trim();
      throw new Error(`the dead-man could not clean everything (${exit ?? 'still at it'}): ${problems}`);
    },
  };
}

/** Resolves in any case; what was reached is seen by its effects. */
function withinDeadline(event: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, deadlineMs);
    event.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Between start and end it must not keep the harness from exiting: its own exit is what the dead-man waits for. */
function hold(child: ChildProcess, held: boolean): void {
  const pipes = [child.stdin, child.stdout] as unknown as { ref(): void; unref(): void }[];
  for (const handle of [child, ...pipes]) held ? handle.ref() : handle.unref();
}

function checkedDirectory(path: string): string {
  const plain = resolve(path);
  const dear = [process.cwd(), homedir()].some((place) => `${place}/`.startsWith(`${plain}/`));
  if (!isAbsolute(path) || plain.split('/').length < 3 || dear) {
    throw new RangeError(`registerDirectory: ${path} is not a directory that may be removed whole`);
  }
  return plain;
}
