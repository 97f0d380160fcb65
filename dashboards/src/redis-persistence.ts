// What a crash of Redis would cost now, and whether persistence holds it up: what stock dashboards of Redis leave out.

import { dashboard } from './parts/dashboard.ts';
import { stat, states, timeSeries } from './parts/panels.ts';
import { rate, window } from './parts/promql.ts';

const good = { text: 'ok', color: 'green' };
const failed = { text: 'failed', color: 'red' };
const sinceSave = 'time() - redis_rdb_last_save_timestamp_seconds';

export const redisPersistence = dashboard({
  uid: 'redproof-redis-persistence',
  title: 'Redis persistence',
  description:
    'What a crash would lose now, whether saves and rewrites succeed, how far the disk is behind, and restarts.',
  sections: [
    {
      height: 4,
      panels: [
        stat({
          id: 1,
          title: 'Redis',
          description: 'Whether it answers its exporter.',
          width: 4,
          unit: 'short',
          limits: { bad: 1, below: true },
          words: { '0': { text: 'down', color: 'red' }, '1': { text: 'up', color: 'green' } },
          queries: [{ expr: 'min(redis_up)', legend: 'up' }],
        }),
        stat({
          id: 2,
          title: 'Restarts',
          description: 'In the time range that is shown: how often its uptime began anew.',
          width: 4,
          unit: 'short',
          decimals: 0,
          limits: { warn: 1, bad: 3 },
          queries: [{ expr: 'sum(resets(redis_uptime_in_seconds[$__range]))', legend: 'restarts' }],
        }),
        stat({
          id: 3,
          title: 'AOF',
          description: 'Without it a crash loses all that changed since the last snapshot.',
          width: 4,
          unit: 'short',
          words: { '0': { text: 'off', color: 'orange' }, '1': { text: 'on', color: 'green' } },
          queries: [{ expr: 'min(redis_aof_enabled)', legend: 'aof' }],
        }),
        stat({
          id: 4,
          title: 'Last AOF write',
          description: 'Failed: the disk is full or broken, and Redis refuses writes.',
          width: 4,
          unit: 'short',
          limits: { bad: 1, below: true },
          words: { '0': failed, '1': good },
          queries: [{ expr: 'min(redis_aof_last_write_status)', legend: 'write' }],
        }),
        stat({
          id: 5,
          title: 'Last snapshot',
          description:
            'Failed: no memory for the fork, or no room on the disk. Redis may refuse writes until one succeeds.',
          width: 4,
          unit: 'short',
          limits: { bad: 1, below: true },
          words: { '0': failed, '1': good },
          queries: [{ expr: 'min(redis_rdb_last_bgsave_status)', legend: 'bgsave' }],
        }),
        stat({
          id: 6,
          title: 'Unsaved changes',
          description: 'Since the last snapshot. With the AOF off, a crash loses them.',
          width: 4,
          unit: 'short',
          queries: [{ expr: 'max(redis_rdb_changes_since_last_save)', legend: 'changes' }],
        }),
      ],
    },
    {
      title: 'What a crash would lose',
      height: 8,
      panels: [
        timeSeries({
          id: 10,
          title: 'Changes since the last snapshot',
          description:
            'Each drop to 0 is a snapshot. With the AOF on it only says how much a snapshot is behind.',
          width: 12,
          unit: 'short',
          queries: [{ expr: 'redis_rdb_changes_since_last_save', legend: '{{instance}}' }],
        }),
        timeSeries({
          id: 11,
          title: 'Time since the last snapshot',
          description: 'Or since the start, if there was none.',
          width: 12,
          unit: 's',
          queries: [{ expr: sinceSave, legend: '{{instance}}' }],
        }),
        timeSeries({
          id: 12,
          title: 'AOF waiting for the disk',
          description:
            'pending: fsyncs that are queued. buffer: bytes not yet written. With everysec, what waits here is what a power cut takes.',
          width: 12,
          unit: 'short',
          limits: { bad: 1 },
          queries: [
            { expr: 'redis_aof_pending_bio_fsync', legend: 'pending fsyncs {{instance}}' },
            { expr: 'redis_aof_buffer_length', legend: 'buffer (bytes) {{instance}}' },
          ],
        }),
        timeSeries({
          id: 13,
          title: 'Delayed fsyncs',
          description:
            'The disk was not done with the last fsync when the next was due: with everysec, writes wait, and up to two seconds are at stake.',
          width: 12,
          unit: 'ops',
          limits: { bad: 0.1 },
          queries: [{ expr: rate('redis_aof_delayed_fsync', ['instance']), legend: '{{instance}}' }],
        }),
      ],
    },
    {
      title: 'Forks, saves and rewrites',
      height: 7,
      panels: [
        states({
          id: 20,
          title: 'In progress',
          description:
            'A fork copies every page that is written meanwhile, and competes for the disk. loading: Redis does not serve yet.',
          width: 12,
          unit: 'short',
          words: { '0': { text: 'idle', color: 'transparent' }, '1': { text: 'in progress', color: 'blue' } },
          queries: [
            { expr: 'max(redis_rdb_bgsave_in_progress)', legend: 'snapshot' },
            { expr: 'max(redis_aof_rewrite_in_progress)', legend: 'AOF rewrite' },
            { expr: 'max(redis_loading_dump_file)', legend: 'loading' },
          ],
        }),
        states({
          id: 21,
          title: 'Last result',
          description: 'Whether the last attempt succeeded.',
          width: 12,
          unit: 'short',
          words: { '0': failed, '1': good },
          queries: [
            { expr: 'min(redis_rdb_last_bgsave_status)', legend: 'snapshot' },
            { expr: 'min(redis_aof_last_bgrewrite_status)', legend: 'AOF rewrite' },
            { expr: 'min(redis_aof_last_write_status)', legend: 'AOF write' },
          ],
        }),
        timeSeries({
          id: 22,
          title: 'AOF size',
          description: 'It grows until a rewrite starts it anew from its base.',
          width: 8,
          unit: 'bytes',
          queries: [
            { expr: 'redis_aof_current_size_bytes', legend: 'now {{instance}}' },
            { expr: 'redis_aof_base_size_bytes', legend: 'base {{instance}}' },
          ],
        }),
        timeSeries({
          id: 23,
          title: 'Last fork',
          description: 'Redis serves nobody while it forks.',
          width: 8,
          unit: 's',
          limits: { warn: 0.1, bad: 0.5 },
          queries: [{ expr: 'redis_latest_fork_seconds', legend: '{{instance}}' }],
        }),
        timeSeries({
          id: 24,
          title: 'Copied by the last fork',
          description: 'Memory that snapshot and rewrite needed on top.',
          width: 8,
          unit: 'bytes',
          queries: [
            { expr: 'redis_rdb_last_cow_size_bytes', legend: 'snapshot {{instance}}' },
            { expr: 'redis_aof_last_cow_size_bytes', legend: 'AOF rewrite {{instance}}' },
          ],
        }),
      ],
    },
    {
      title: 'The server',
      height: 7,
      panels: [
        timeSeries({
          id: 30,
          title: 'Uptime',
          description: 'A saw: each tooth is a restart.',
          width: 8,
          unit: 's',
          queries: [{ expr: 'redis_uptime_in_seconds', legend: '{{instance}}' }],
        }),
        timeSeries({
          id: 31,
          title: 'Memory',
          description: 'limit 0: none. A queue must not lose keys, so the policy has to be noeviction.',
          width: 8,
          unit: 'bytes',
          queries: [
            { expr: 'redis_memory_used_bytes', legend: 'used {{instance}}' },
            { expr: 'redis_memory_used_rss_bytes', legend: 'resident {{instance}}' },
            { expr: 'redis_memory_max_bytes', legend: 'limit {{instance}}' },
          ],
        }),
        timeSeries({
          id: 32,
          title: 'Evicted keys and refused connections',
          description: 'Both belong at 0: an evicted key of the queue is a lost job.',
          width: 8,
          unit: 'short',
          limits: { bad: 1 },
          queries: [
            { expr: `increase(redis_evicted_keys_total[${window}])`, legend: 'evicted {{instance}}' },
            { expr: `increase(redis_rejected_connections_total[${window}])`, legend: 'refused {{instance}}' },
          ],
        }),
        timeSeries({
          id: 33,
          title: 'Commands',
          description: 'A second.',
          width: 12,
          unit: 'ops',
          queries: [{ expr: rate('redis_commands_processed_total', ['instance']), legend: '{{instance}}' }],
        }),
        timeSeries({
          id: 34,
          title: 'Clients',
          description: 'blocked: they wait for a job, which is what idle workers do.',
          width: 12,
          unit: 'short',
          queries: [
            { expr: 'redis_connected_clients', legend: 'connected {{instance}}' },
            { expr: 'redis_blocked_clients', legend: 'blocked {{instance}}' },
          ],
        }),
      ],
    },
  ],
});
