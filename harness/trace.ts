// `npm run trace -- <job or trace>`: the story of one job of a stored run, as a tree with times.
//
// Exit status: 0 it was told · 64 bad usage, or there is no such job · 70 it failed.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { jobIdSchema } from '../services/shared/contract.ts';
import { exitWith, onInterrupt, write } from './command.ts';
import { parseWith } from './flags.ts';
import type { Story } from './report/story.ts';
import { legend, storyLines } from './report/story-lines.ts';
import { dirsWithSpans, storiesIn, tracesNaming } from './stored-stories.ts';
import { UsageError } from './system/find-redis.ts';

onInterrupt();
await exitWith(await main(process.argv.slice(2)).catch(fail));

async function main(argv: string[]): Promise<number> {
  const program = command();
  const flags = parseWith<{ run: string }>(program, argv, 'npm run trace -- --help');
  if (flags === undefined) return 0;
  const id = String(program.processedArgs[0]).toLowerCase();
  const isJob = jobIdSchema.safeParse(id).success;
  if (!isJob && !/^[0-9a-f]{32}$/.test(id)) {
    throw new UsageError(
      `${JSON.stringify(id)} is neither a job (26 characters of a-z and 2-7) nor a trace (32 hexadecimal digits)`,
    );
  }
  const stories = await find(flags.run, id, isJob);
  const all = stories.map(({ story, where }) => storyLines(story, where, process.stdout));
  const meaning = legend(stories.map(({ story }) => story));
  await write(process.stdout, `${[...all, ...(meaning === '' ? [] : [meaning])].join('\n\n')}\n`);
  return 0;
}

/** The same seed gives the same jobs, so a job may be in both experiments of a claim, each time with another story. */
async function find(runDir: string, id: string, isJob: boolean): Promise<{ story: Story; where: string }[]> {
  if (!existsSync(join(runDir, 'claims'))) {
    throw new UsageError(`--run ${runDir}: no run is stored there; give a directory such as runs/latest`);
  }
  const dirs = dirsWithSpans(runDir);
  const found = [];
  for (const dir of dirs) {
    const at = join(runDir, dir);
    const stories = await storiesIn(at, isJob ? await tracesNaming(at, id) : new Set([id]));
    for (const story of stories) found.push({ story, where: whereOf(dir) });
  }
  if (found.length > 0) return found;
  const what = isJob ? 'job' : 'trace';
  throw new UsageError(
    dirs.length === 0
      ? `${runDir} has no spans: none of its services sent any`
      : `${runDir} has no span of ${what} ${id}; its results.json names jobs and their traces`,
  );
}

/** "claims/fault/x/control" → "fault/x, control" */
function whereOf(dir: string): string {
  const claim = dir.replace(/^claims\//, '').replace(/\/control$/, '');
  return `${claim}, ${dir.endsWith('/control') ? 'control' : 'claim'}`;
}

async function fail(error: Error): Promise<number> {
  const usage = error instanceof UsageError;
  await write(process.stderr, `${usage ? error.message : `the harness failed: ${error.stack}`}\n`);
  return usage ? 64 : 70;
}

function command(): Command {
  return new Command('npm run trace --')
    .description(
      'Tells the story of one job of a stored run: the spans of its trace, and the faults between.',
    )
    .argument('<job or trace>', 'the id of a submission, or of a trace')
    .option('--run <dir>', 'where the run is stored', 'runs/latest')
    .addHelpText(
      'after',
      '\nExit status: 0 it was told, 64 bad usage or no such job, 70 the harness failed.',
    );
}
