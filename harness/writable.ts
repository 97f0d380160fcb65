// Whether results can be stored in a directory: it is made if there is none, and a file is written in it and removed.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './system/find-redis.ts';

/** @param flag which one named it. @throws {UsageError} when nothing can be stored there */
export function assertWritable(dir: string, flag: string): void {
  const probe = join(dir, `.writable-${process.pid}`);
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new UsageError(
      `${flag} ${dir}: ${reason(error as NodeJS.ErrnoException)}; give a directory that can be written`,
      { cause: error },
    );
  }
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file is in the way';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to write there';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return message;
  }
}
