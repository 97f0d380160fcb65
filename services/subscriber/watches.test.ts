// Who is told what, and only once: on watchers that just collect.

import { expect, test } from 'vitest';
import { newId, statusAt } from './testing/submissions.ts';
import { Watches } from './watches.ts';

function collector() {
  const told: string[] = [];
  return {
    told,
    send(text: string) {
      const message = JSON.parse(text);
      told.push(
        message.type === 'status' ? `${message.status.state} ${message.status.version}` : message.type,
      );
    },
  };
}

test('only what is newer is sent, for each watcher by itself', () => {
  const watches = new Watches();
  const [early, late, id] = [collector(), collector(), newId()];
  watches.add(early, [id]);
  expect(watches.deliver(statusAt(id, 2))).toEqual({ sent: 1, stale: 0 });
  watches.add(late, [id]);
  expect(watches.deliver(statusAt(id, 1))).toEqual({ sent: 1, stale: 1 });
  expect(watches.deliver(statusAt(id, 2))).toEqual({ sent: 1, stale: 1 });
  expect(watches.deliver(statusAt(id, 2))).toEqual({ sent: 0, stale: 2 });
  expect(early.told).toEqual(['running 2']);
  expect(late.told).toEqual(['running 1', 'running 2']);
});

test('unknown is told once, and never after a status', () => {
  const watches = new Watches();
  const [watcher, later, id] = [collector(), collector(), newId()];
  watches.add(watcher, [id]);
  watches.deliverUnknown(id);
  watches.deliverUnknown(id);
  watches.deliver(statusAt(id, 1, 'queued'));
  watches.add(later, [id]);
  watches.deliverUnknown(id);
  expect(watcher.told).toEqual(['unknown', 'queued 1']);
  expect(later.told).toEqual(['unknown']);
});

test('done ends the watch: nothing follows, and there is room again', () => {
  const watches = new Watches();
  const [watcher, id] = [collector(), newId()];
  watches.add(watcher, [id, id]);
  expect(watches.room(watcher, [id, newId()])).toEqual({ fresh: 1, watched: 1 });
  watches.deliver(statusAt(id, 3, 'done'));
  watches.deliver(statusAt(id, 4, 'done'));
  expect(watcher.told).toEqual(['done 3']);
  expect(watches.room(watcher, [])).toEqual({ fresh: 0, watched: 0 });
  expect(watches.ids()).toEqual([]);
});

test('dead is not final: a redrive may follow', () => {
  const watches = new Watches();
  const [watcher, id] = [collector(), newId()];
  watches.add(watcher, [id]);
  watches.deliver(statusAt(id, 3, 'dead'));
  watches.deliver(statusAt(id, 4, 'queued'));
  expect(watcher.told).toEqual(['dead 3', 'queued 4']);
});

test('nothing is kept of who unwatched or left', () => {
  const watches = new Watches();
  const [watcher, other] = [collector(), collector()];
  const [one, two] = [newId(), newId()];
  watches.add(watcher, [one, two]);
  watches.add(other, [one]);
  watches.remove(watcher, [one, newId()]);
  watches.drop(other);
  watches.deliver(statusAt(one, 1));
  watches.deliver(statusAt(two, 1));
  watches.drop(watcher);
  expect(watches.ids()).toEqual([]);
  expect(watches.deliver(statusAt(two, 2))).toEqual({ sent: 0, stale: 0 });
  expect([watcher.told, other.told]).toEqual([['running 1'], []]);
});

test('a watcher that leaves while it is sent to does not disturb the others', () => {
  const watches = new Watches();
  const [other, id] = [collector(), newId()];
  const leaving = { send: () => watches.drop(leaving) };
  watches.add(leaving, [id]);
  watches.add(other, [id]);
  watches.deliver(statusAt(id, 1));
  expect(watches.deliver(statusAt(id, 2))).toEqual({ sent: 1, stale: 0 });
  expect(other.told).toEqual(['running 1', 'running 2']);
});
