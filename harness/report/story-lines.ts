// The story of one job on a terminal: a tree with times. Pure but for asking the stream for its colours and width.

import { styleText } from 'node:util';
import type { Story, StoryRow } from './story.ts';
import { clip, plain } from './wrap.ts';

type Format = Parameters<typeof styleText>[0];

const formats: Record<StoryRow['kind'], Format> = { span: 'reset', tombstone: 'red', fault: 'yellow' };
const marks: Record<StoryRow['kind'], string> = { span: '', tombstone: '† ', fault: '✱ ' };

/** @param where which experiment it is from, such as "fault/worker-kill-stream, control" */
export function storyLines(story: Story, where: string, stream: NodeJS.WriteStream): string {
  const style = (format: Format, text: string) => styleText(format, text, { stream });
  const width = stream.isTTY ? (stream.columns ?? 80) - 1 : Number.POSITIVE_INFINITY;
  const { rows, trace, job, redisCommands } = story;
  const who = Math.max(...rows.map((row) => row.who.length));
  const lines = rows.map((row, index) => {
    const times = `${seconds(row.atMs).padStart(11)} ${took(row).padStart(11)}  ${row.who.padEnd(who)}  `;
    const text = `${branches(rows, index)}${marks[row.kind]}${plain(row.what)}`;
    const details = row.details.length === 0 ? '' : `  ${plain(row.details.join(' · '))}`;
    const shown = clip(text, Math.max(20, width - times.length));
    const format = row.failed && row.kind === 'span' ? 'red' : formats[row.kind];
    const room = Math.max(0, width - times.length - shown.length);
    return style('dim', times) + style(format, shown) + style('dim', room > 2 ? clip(details, room) : '');
  });
  const hidden = redisCommands === 0 ? '' : `, Redis commands not shown: ${redisCommands}`;
  const heading = `${style('bold', job === undefined ? `trace ${trace}` : `job ${job}`)}  ${plain(where)}`;
  return [heading, style('dim', `trace ${trace}${hidden}`), ...lines].join('\n');
}

/** What † and ✱ mean, if any of these stories has them. */
export function legend(stories: readonly Story[]): string {
  const kinds = new Set(stories.flatMap(({ rows }) => rows.map(({ kind }) => kind)));
  return [
    ...(kinds.has('tombstone') ? ['† an attempt given up as lost, told by who took the job over'] : []),
    ...(kinds.has('fault') ? ['✱ a fault'] : []),
  ].join(' · ');
}

/** The lines of the tree to the left of a row. */
function branches(rows: readonly StoryRow[], index: number): string {
  const { depth } = rows[index]!;
  let text = '';
  for (let level = 1; level <= depth; level++) {
    const more = goesOn(rows, index, level);
    text += level === depth ? (more ? '├─ ' : '└─ ') : more ? '│  ' : '   ';
  }
  return text;
}

/** Whether a later row is a sibling at this level. */
function goesOn(rows: readonly StoryRow[], index: number, level: number): boolean {
  const next = rows.slice(index + 1).find(({ depth }) => depth <= level);
  return next?.depth === level;
}

function took({ durationMs }: StoryRow): string {
  if (durationMs === null) return '';
  return durationMs < 1000 ? `${durationMs.toFixed(1)} ms` : seconds(durationMs);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
