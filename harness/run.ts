// A run of one claim: the experiment, and its control, which must fail.
//
//   set up → steady state (no fault: everything must pass) → load + faults → heal → quiesce → final reads
//   → check → tear down
//
// Checking never depends on the tear-down: the history is on disk before.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../services/shared/clock.ts';
import type { LedgerLine } from '../services/shared/contract.ts';
import type { Finding } from './checker/finding.ts';
import { tracesOf } from './checker/traces.ts';
import type { Claim, Experiment, NemesisArena } from './claim.ts';
import { createRecorder, type History } from './history.ts';
import { jobsSoFar } from './jobs-so-far.ts';
import { type Event, faultsOf, type Phase } from './op.ts';
import { asPromised, type QueueUnderTest, whyNotAbout } from './queue-under-test.ts';
import { createRandom } from './random.ts';
import type { ClaimResult, Reporter } from './report/result.ts';
import type { ArmStore, ClaimStore } from './store.ts';
import { type Stack, whyNotInContainers } from './system/compose-ground.ts';
import type { DeadMan } from './system/dead-man.ts';
import { whyNoDisk } from './system/disk.ts';
import { type JudgeSystem, startJudge } from './system/judge.ts';
import { type RedisSource, whyNoDiskFor, withoutPassword } from './system/redis-source.ts';
import { openTelemetry } from './telemetry/arm-telemetry.ts';
import { type Arm, judgeClaim } from './verdict.ts';

export interface RunContext {
  seed: number;
  redis: RedisSource;
  deadMan: DeadMan;
  reporter: Reporter;
  signal: AbortSignal;
  projectRoot: string;
  /** The system is the containers of compose.yaml. */
  stack?: Stack;
  /** Put this adapter in the place of the one that the claim names. The control keeps its own. */
  queue?: QueueUnderTest;
  /** `claim`: without its control a claim can be refuted, never held. @default 'both' */
  arms?: 'both' | 'claim';
}

/** How long the load goes on after the last fault, so that what comes after it is seen. */
const aftermathMs = 500;

export type ArmName = 'claim' | 'control';

export async function runClaim(claim: Claim, store: ClaimStore, context: RunContext): Promise<ClaimResult> {
  const began = monotonicMs();
  const { reporter, seed } = context;
  const plan = planClaim(claim, seed, context.queue?.spec);
  store.plan({ seed, claim: planOf(plan.claim), control: planOf(plan.control) });
  reporter.claimStarted?.(claim);

  const names: readonly ArmName[] = context.arms === 'claim' ? ['claim'] : ['claim', 'control'];
  // One arm would say nothing without the other.
  const missing = await Promise.all(names.map((name) => whatIsMissing(claim, plan[name], context)));
  const skipped = missing.find((why) => why !== undefined);
  const one = async (name: ArmName) => {
    if (skipped !== undefined) return { ...notRun, skipped };
    return names.includes(name) ? runArm(claim, name, plan[name], store.arm(name), context) : notRun;
  };
  // Two systems of containers at once would only wait for each other to start.
  const [arm, control] =
    claim.alone || context.stack
      ? [await one('claim'), await one('control')]
      : await Promise.all([one('claim'), one('control')]);

  const judged = judgeClaim(arm, control, claim.control);
  const { id, section, statement, contract } = claim;
  return {
    id,
    section,
    statement,
    ...(contract === undefined ? {} : { contract }),
    verdict: judged.verdict,
    why: judged.why,
    evidence: arm.finding?.evidence ?? {},
    faults: arm.faults,
    ...(arm.traces && { traces: arm.traces }),
    control: {
      statement: claim.control.statement,
      failedAsExpected: judged.controlFailedAsExpected,
      why: whyOf(control, claim.control.mustBreak),
      evidence: control.finding?.evidence ?? {},
      faults: control.faults,
      ...(control.traces && { traces: control.traces }),
    },
    durationMs: Math.round(monotonicMs() - began),
  };
}

const notRun: Arm = { error: 'it was not run', faults: [], landedAtLeast: 0, durationMs: 0 };

/** Before every key of an arm. Two arms at the same time, on the same server, have two. */
export function prefixOf(seed: number, claimId: string, arm: ArmName): string {
  return `redproof:${seed}:${claimId}:${arm}:`;
}

/** Both experiments of a claim. The same seed gives the same plan, in which everything that is drawn is drawn. */
export function planClaim(claim: Claim, seed: number, queue?: string): Record<ArmName, Experiment> {
  const random = () => createRandom(seed, claim.id);
  const experiment = claim.experiment(random());
  if (queue !== undefined) experiment.system.queue = queue;
  return { claim: experiment, control: claim.control.without(claim.experiment(random()), random()) };
}

/** What of an experiment is plan: what `plan.json` holds. */
export function planOf({ system, workload, nemesis }: Experiment): Record<string, unknown> {
  return { system, workload: workload.plan, nemesis: nemesis?.plan ?? null };
}

async function runArm(
  claim: Claim,
  name: ArmName,
  experiment: Experiment,
  store: ArmStore,
  context: RunContext,
): Promise<Arm> {
  const began = monotonicMs();
  const now = () => monotonicMs() - began;
  const { reporter, deadMan, projectRoot } = context;
  const arm: Arm = { faults: [], landedAtLeast: experiment.nemesis?.landedAtLeast ?? 0, durationMs: 0 };

  const history = createRecorder(now, (event) => {
    store.event(event);
    if (event.type === 'fault') reporter.fault?.(claim, name, event);
  });
  const enter = (phase: string) => reporter.phase?.(claim, name, phase);
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const temporaryDir = mkdtempSync(join(tmpdir(), 'redproof-'));
  deadMan.registerDirectory(temporaryDir);
  let system: JudgeSystem | undefined;
  const telemetry = openTelemetry(store.dir, began);
  let ledger: readonly LedgerLine[] = [];
  try {
    enter('set up');
    const place = {
      redis: context.redis,
      stack: context.stack,
      deadMan,
      temporaryDir,
      outputDir: store.dir,
      prefix: prefixOf(context.seed, claim.id, name),
      projectRoot,
      originMs: began,
      takeSpans: telemetry.takeSpans,
    };
    system = await abortable(startJudge(experiment.system, place), signal);
    telemetry.sample(system);
    const jobs = jobsSoFar(history.events, system.ledger.read);
    reporter.armStarted?.(claim, name, { beganAtMs: telemetry.beganAtMs, jobs });
    await goThroughPhases(experiment, arm, arenaOf(system, history, signal), enter);
  } catch (error) {
    context.signal.throwIfAborted();
    arm.error = `${phaseOf(history.events)}: ${(error as Error).message}`;
  } finally {
    over.abort(new Error('the experiment is over'));
    ledger = system ? relative(system.ledger.read(), began) : [];
    store.ledger(ledger);
    await experiment.workload.close?.();
    if (!context.signal.aborted) await telemetry.lastWords();
    await system?.stop();
    await telemetry.close();
    rmSync(temporaryDir, { recursive: true, force: true });
  }
  arm.faults = faultsOf(history.events);
  const whole = { events: history.events, ledger };
  if (arm.error === undefined) Object.assign(arm, checked(experiment, whole));
  if (ledger.length > 0) {
    const named = tracesOf(whole, telemetry.traceOf, arm.finding?.evidence ?? {});
    arm.traces = { dir: store.path, ...telemetry.counts, ...named };
  }
  if (arm.finding && name === 'claim' && context.queue) {
    arm.finding = asPromised(arm.finding, context.queue.adapter.contract);
  }
  arm.durationMs = Math.round(now());
  reporter.armFinished?.(claim, name, arm);
  return arm;
}

async function goThroughPhases(
  { workload, nemesis }: Experiment,
  arm: Arm,
  arenaWithoutEnd: Omit<NemesisArena, 'faultsOver'>,
  enter: (phase: string) => void,
): Promise<void> {
  const faultsOver = new AbortController();
  const arena: NemesisArena = { ...arenaWithoutEnd, faultsOver: faultsOver.signal };
  const { history, signal } = arena;
  const phase = async <T>(which: Phase, work: () => Promise<T>): Promise<T> => {
    enter(which);
    history.phase(which, 'begin');
    const value = await abortable(work(), signal);
    history.phase(which, 'end', value);
    return value;
  };
  const injectAll = async (): Promise<void> => {
    if (nemesis !== undefined) {
      await nemesis.inject(arena);
      await delay(aftermathMs, undefined, { signal });
    }
    faultsOver.abort();
  };

  arm.steady = await phase('steady', () => workload.steady(arena));
  if (arm.steady.passed) {
    await phase('load', async () => {
      await Promise.all([workload.load(arena), injectAll()]);
    });
    await phase('heal', async () => nemesis?.heal?.(arena));
  } else {
    arm.landedAtLeast = 0; // no fault was even tried
  }
  await phase('quiesce', async () => workload.quiesce?.(arena));
  await phase('final-reads', async () => workload.finalReads?.(arena));
}

/** Why this claim cannot run here, and what to do about it. */
async function whatIsMissing(
  claim: Claim,
  { system }: Experiment,
  { redis, deadMan, queue, stack }: RunContext,
): Promise<string | undefined> {
  const { disk, proxied } = system;
  const misfit = stack && whyNotInContainers(system);
  if (misfit !== undefined) return misfit;
  const otherQueue = queue && whyNotAbout(claim, queue.adapter);
  if (otherQueue !== undefined) return otherQueue;
  if (redis.kind === 'external') {
    const whose = `${withoutPassword(redis.url)} is not the harness's own: run it without --redis`;
    if (claim.crashesRedis === true) return `it must crash Redis, and ${whose}`;
    if (proxied.length > 0 && redis.url.startsWith('rediss:'))
      return `it breaks connections where a reply ends, which TLS hides, and ${whose}`;
    if (disk !== null) return `it chooses where Redis keeps its data, and ${whose}`;
  }
  if (disk?.needed !== 'always') return undefined;
  return whyNoDiskFor(redis) ?? whyNoDisk(deadMan);
}

function checked(experiment: Experiment, history: History): { finding: Finding } | { checkerError: string } {
  try {
    return { finding: experiment.check(history) };
  } catch (error) {
    return { checkerError: (error as Error).message };
  }
}

/** What workload and nemesis may know of a system, but for the end of the faults. */
export function arenaOf(
  system: JudgeSystem,
  history: NemesisArena['history'],
  signal: AbortSignal,
): Omit<NemesisArena, 'faultsOver'> {
  const [subscriber] = system.instances('subscriber');
  const target = {
    apiUrls: () => system.instances('api').map(({ url }) => url),
    // The same after a restart: the new one takes over the address.
    subscriberUrl: subscriber?.url.replace('http', 'ws') ?? '',
    redisUrl: system.redisUrl,
    prefix: system.prefix,
    leaseMs: system.spec.leaseMs,
    counts: system.counts,
    ledgerLength: () => system.ledger.read().length,
  };
  return { history, target, signal, system };
}

/** The work's result, unless the run is interrupted before: then the work is left to the tear-down. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function relative(lines: readonly LedgerLine[], originMs: number): LedgerLine[] {
  return lines.map((line) => ({ ...line, atMs: line.atMs - originMs })).sort((a, b) => a.atMs - b.atMs);
}

function phaseOf(events: readonly Event[]): string {
  const last = events.findLast((event) => event.type === 'phase');
  return last?.type === 'phase' ? last.phase : 'set up';
}

/** What broke in a control: the rule that had to, if it did. */
function whyOf(arm: Arm, mustBreak: readonly string[]): string {
  const flaw = arm.skipped ?? arm.error ?? arm.checkerError;
  if (flaw !== undefined) return flaw;
  const violations = arm.finding?.violations ?? [];
  const told = violations.find(({ rule }) => mustBreak.includes(rule)) ?? violations[0];
  return told ? `${told.rule}: ${told.detail}` : 'no rule was broken';
}
