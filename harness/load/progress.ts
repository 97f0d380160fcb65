// What runs now, while it runs: one line that is drawn anew on a terminal; on a pipe a plain line now and then, and no escape
// codes. It knows nothing of k6.

import { createLogUpdate } from 'log-update';

export interface Progress {
  /** What is going on now. */
  show(line: string): void;
  /** For good, above the line that is drawn anew. */
  say(text: string): void;
  /** Takes the line away. */
  clear(): void;
}

/** @param dumb the terminal cannot move its cursor */
export function progress(stream: NodeJS.WriteStream, dumb: boolean, now: () => number): Progress {
  const live = stream.isTTY === true && !dumb;
  if (!live) {
    let toldAtMs = now();
    return {
      show: (line) => {
        if (now() - toldAtMs < plainEveryMs) return;
        toldAtMs = now();
        stream.write(`  ${line}\n`);
      },
      say: (text) => void stream.write(`${text}\n`),
      clear: () => {},
    };
  }
  const area = createLogUpdate(stream, { showCursor: true });
  return {
    show: (line) => area(`  ${line.slice(0, Math.max(20, (stream.columns ?? 80) - 3))}`),
    say: (text) => {
      area.clear();
      stream.write(`${text}\n`);
    },
    clear: () => {
      area.clear();
      area.done();
    },
  };
}

const plainEveryMs = 5000;
