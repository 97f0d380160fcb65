// Who watches which submission, and what each was told last. It decides what is news to whom; it does no I/O.
//
// A watch ends when its `done` was sent: `done` is final, so nothing could follow. A watch that is asked for twice is one
// watch: its client already has what there is. To be told the state again, unwatch first.

import type { ServerMessage, Status } from '../shared/contract.ts';

export interface Watcher {
  send(text: string): void;
}

interface Watch {
  /** The version last sent for this submission; 0: none. */
  sentVersion: number;
  toldUnknown: boolean;
}

export class Watches {
  readonly #byId = new Map<string, Map<Watcher, Watch>>();
  readonly #idsOf = new Map<Watcher, Set<string>>();

  /** How many of `ids` this watcher does not watch yet, and how many it watches. */
  room(watcher: Watcher, ids: Iterable<string>): { fresh: number; watched: number } {
    const watched = this.#idsOf.get(watcher);
    const fresh = [...new Set(ids)].filter((id) => !watched?.has(id)).length;
    return { fresh, watched: watched?.size ?? 0 };
  }

  /** From now on the watcher gets every change of these. */
  add(watcher: Watcher, ids: Iterable<string>): void {
    const watched = this.#idsOf.get(watcher) ?? new Set();
    this.#idsOf.set(watcher, watched);
    for (const id of ids) {
      if (watched.has(id)) continue;
      watched.add(id);
      const watches = this.#byId.get(id) ?? new Map<Watcher, Watch>();
      this.#byId.set(id, watches.set(watcher, { sentVersion: 0, toldUnknown: false }));
    }
  }

  remove(watcher: Watcher, ids: Iterable<string>): void {
    const watched = this.#idsOf.get(watcher);
    for (const id of ids) {
      watched?.delete(id);
      const watches = this.#byId.get(id);
      watches?.delete(watcher);
      if (watches?.size === 0) this.#byId.delete(id);
    }
  }

  /** The watcher is gone. */
  drop(watcher: Watcher): void {
    this.remove(watcher, [...(this.#idsOf.get(watcher) ?? [])]);
    this.#idsOf.delete(watcher);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** All submissions that someone waits for; finished ones are not among them. */
  ids(): string[] {
    return [...this.#byId.keys()];
  }

  /** Sends the status to each watcher to whom it is news. */
  deliver(status: Status): { sent: number; stale: number } {
    const counts = { sent: 0, stale: 0 };
    const watches = this.#byId.get(status.id);
    if (watches === undefined) return counts;
    const text = encode({ type: 'status', status });
    for (const [watcher, watch] of [...watches]) {
      if (status.version <= watch.sentVersion) {
        counts.stale++;
        continue;
      }
      watch.sentVersion = status.version;
      counts.sent++;
      if (status.state === 'done') this.remove(watcher, [status.id]);
      watcher.send(text);
    }
    return counts;
  }

  /** Tells, once, those who were told nothing yet that there is no such submission. */
  deliverUnknown(id: string): void {
    const text = encode({ type: 'unknown', id });
    for (const [watcher, watch] of [...(this.#byId.get(id) ?? [])]) {
      if (watch.sentVersion > 0 || watch.toldUnknown) continue;
      watch.toldUnknown = true;
      watcher.send(text);
    }
  }
}

export function encode(message: ServerMessage): string {
  return JSON.stringify(message);
}
