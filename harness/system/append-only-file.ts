// The append-only file on disk, while Redis is down: which file the last increment is, where each record begins, and ways
// to damage it. It knows the multi-part layout of Redis 7 (a manifest that names a base and increments) and the format of
// an increment (commands in RESP, one after the other).

import { closeSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface AofRecord {
  /** Where it begins in the file, and where the next one does. */
  startBytes: number;
  endBytes: number;
  words: string[];
}

/** @throws {Error} if there is no manifest, or it names no increment */
export function lastIncrement(redisDir: string): string {
  const dir = join(redisDir, 'appendonlydir');
  const manifest = readFileSync(join(dir, 'appendonly.aof.manifest'), 'utf8');
  const increments = [...manifest.matchAll(/^file (\S+) seq (\d+) type i/gm)];
  const last = increments.toSorted((a, b) => Number(a[2]) - Number(b[2])).at(-1);
  if (last === undefined) throw new Error(`${dir}: the manifest names no increment`);
  return join(dir, last[1]!);
}

export function manifestOf(redisDir: string): string {
  return join(redisDir, 'appendonlydir', 'appendonly.aof.manifest');
}

/** All whole records, in order. What follows the last one is torn. */
export function recordsOf(file: string): AofRecord[] {
  const data = readFileSync(file);
  const records: AofRecord[] = [];
  for (let at = 0; at < data.length; ) {
    const record = recordAt(data, at);
    if (record === undefined) break;
    records.push(record);
    at = record.endBytes;
  }
  return records;
}

function recordAt(data: Buffer, startBytes: number): AofRecord | undefined {
  let at = startBytes;
  const line = (mark: string): number | undefined => {
    const end = data.indexOf('\r\n', at);
    if (end < 0 || String.fromCharCode(data[at]!) !== mark) return undefined;
    const value = Number(data.toString('latin1', at + 1, end));
    at = end + 2;
    return value;
  };
  const count = line('*');
  if (count === undefined) return undefined;
  const words: string[] = [];
  for (let turn = 0; turn < count; turn++) {
    const length = line('$');
    if (length === undefined || at + length + 2 > data.length) return undefined;
    words.push(data.toString('utf8', at, at + length));
    at += length + 2;
  }
  return { startBytes, endBytes: at, words };
}

/** Cuts the last record short, by a fraction of its length from 0 to 1: at least a byte of it goes, and one stays. */
export function tearTail(file: string, fraction: number): { record: AofRecord; cutAtBytes: number } {
  const record = recordsOf(file).at(-1);
  if (record === undefined) throw new Error(`${file} holds no record that could be torn`);
  const lengthBytes = record.endBytes - record.startBytes;
  const cutAtBytes = record.startBytes + 1 + Math.floor(fraction * (lengthBytes - 1));
  truncateSync(file, cutAtBytes);
  return { record, cutAtBytes };
}

/**
 * Flips the bits of the byte with which a record in the middle half begins. (A byte inside a value would be loaded as it
 * is: the file has no checksums.) @param fraction which record, from 0 to 1
 */
export function corruptMiddle(
  file: string,
  fraction: number,
): { record: AofRecord; number: number; of: number } {
  const records = recordsOf(file);
  const number = Math.floor(records.length * (0.25 + fraction / 2));
  const record = records[number];
  if (record === undefined) throw new Error(`${file} holds no record that could be damaged`);
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.from(['*'.charCodeAt(0) ^ 0xff]), 0, 1, record.startBytes);
  fsyncSync(fd);
  closeSync(fd);
  return { record, number, of: records.length };
}
