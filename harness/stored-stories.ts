// The stories of jobs in a stored run: from its spans, and the faults beside them. Files are read line by line: they may be large.

import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { reasons, type StoredTraces } from './checker/traces.ts';
import { type Event, type Fault, faultsOf } from './op.ts';
import { type Stories, storyKey } from './report/html/story.ts';
import type { Results } from './report/result.ts';
import { type Story, storyOf } from './report/story.ts';
import type { Span } from './span.ts';
import { spansFile } from './telemetry/arm-telemetry.ts';

/** For each reason, so many stories of an experiment are on the page. */
const toldMost = 5;

/** What the page tells of a run: the first lost, duplicated and redelivered jobs of each experiment. */
export async function storiesOf(runDir: string, { claims }: Results): Promise<Stories> {
  const stories = new Map<string, Story>();
  for (const { traces } of claims.flatMap((claim) => [claim, claim.control])) {
    if (traces === undefined) continue;
    const told = await storiesIn(join(runDir, traces.dir), firstOf(traces));
    for (const story of told) stories.set(storyKey(traces.dir, story.trace), story);
  }
  return stories;
}

/** The stories of these traces, in the order of their beginnings. */
export async function storiesIn(dir: string, traces: ReadonlySet<string>): Promise<Story[]> {
  if (traces.size === 0) return [];
  const [spans, faults] = [await spansOfTraces(dir, traces), await storedFaults(dir)];
  return [...spans.values()]
    .map((ofTrace) => storyOf(ofTrace, faults))
    .sort((a, b) => (a.rows[0]?.atMs ?? 0) - (b.rows[0]?.atMs ?? 0));
}

/** The directories of a run's experiments that have spans, below the run's own. */
export function dirsWithSpans(runDir: string): string[] {
  return readdirSync(join(runDir, 'claims'), { recursive: true, encoding: 'utf8' })
    .filter((file) => basename(file) === spansFile)
    .map((file) => join('claims', dirname(file)))
    .sort();
}

/** The traces that name a job. */
export async function tracesNaming(dir: string, job: string): Promise<Set<string>> {
  const named = `"messaging.message.id":"${job}"`;
  const traces = new Set<string>();
  for await (const line of linesOf(join(dir, spansFile))) {
    if (line.includes(named)) traces.add(traceIn(line));
  }
  return traces;
}

async function spansOfTraces(dir: string, traces: ReadonlySet<string>): Promise<Map<string, Span[]>> {
  const found = new Map<string, Span[]>();
  for await (const line of linesOf(join(dir, spansFile))) {
    const trace = traceIn(line);
    if (!traces.has(trace)) continue;
    const spans = found.get(trace) ?? [];
    spans.push(JSON.parse(line) as Span);
    found.set(trace, spans);
  }
  return found;
}

async function storedFaults(dir: string): Promise<Fault[]> {
  const events: Event[] = [];
  for await (const line of linesOf(join(dir, 'history.ndjson'))) {
    if (line.startsWith('{"type":"fault"')) events.push(JSON.parse(line) as Event);
  }
  return faultsOf(events);
}

function firstOf({ listed }: StoredTraces): Set<string> {
  const told = reasons.flatMap((reason) => listed.filter(({ why }) => why === reason).slice(0, toldMost));
  return new Set(told.flatMap(({ traceId }) => traceId ?? []));
}

/** A span's own trace comes before those of its links. */
function traceIn(line: string): string {
  return /"trace":"([0-9a-f]{32})"/.exec(line)?.[1] ?? '';
}

/** None if there is no such file: services that said nothing, or a run that was interrupted. */
async function* linesOf(file: string): AsyncGenerator<string> {
  if (!existsSync(file)) return;
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    // The last one of a run that was killed may be torn.
    if (line.endsWith('}')) yield line;
  }
}
