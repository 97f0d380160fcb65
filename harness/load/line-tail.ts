// Reads the lines of a file while somebody appends to it. A line counts once it is whole.

import { closeSync, existsSync, openSync, readSync } from 'node:fs';

export interface LineTail {
  /** The lines that came since the last call; none while there is no such file. */
  read(): string[];
  close(): void;
}

export function lineTail(file: string): LineTail {
  const chunk = Buffer.alloc(256 * 1024);
  let fd: number | undefined;
  let atBytes = 0;
  let rest = Buffer.alloc(0);
  return {
    read: () => {
      if (fd === undefined) {
        if (!existsSync(file)) return [];
        fd = openSync(file, 'r');
      }
      const lines: string[] = [];
      for (;;) {
        const length = readSync(fd, chunk, 0, chunk.length, atBytes);
        if (length === 0) return lines;
        atBytes += length;
        // As bytes: a character may begin in one read and end in the next.
        const bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
        const end = bytes.lastIndexOf('\n') + 1;
        rest = Buffer.from(bytes.subarray(end));
        if (end > 0) lines.push(...bytes.toString('utf8', 0, end - 1).split('\n'));
      }
    },
    close: () => {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}
