// Finds programs as files: on a PATH, or where somebody says that one is. It runs none.

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** The first of this name on the PATH. */
export function searchPath(name: string, path: string): string | undefined {
  const dirs = path.split(delimiter).filter((dir) => dir !== '');
  return dirs.map((dir) => join(dir, name)).find(isProgram);
}

/**
 * The program that an environment variable names.
 * @param expected what would be right: "the path of a redis-server 7.0 or newer"
 * @throws {Error} naming the variable and its value when there is no such program
 */
export function namedProgram(variable: string, value: string, expected: string): string {
  const path = resolve(value);
  if (isProgram(path)) return path;
  const what = statSync(path, { throwIfNoEntry: false }) ? 'is not an executable file' : 'does not exist';
  throw new Error(`${variable}=${value}: ${path} ${what}; expected ${expected}`);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
