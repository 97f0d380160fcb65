-- Takes what dead or sleeping workers hold: entries that were idle for longer than a lease. The fence rises here, before
-- anyone else can claim the job, so that the sleeper's late ack is refused from this moment on.
-- ARGV: leaseMs, maxAttempts (0: no limit), limit (jobs a call), forgetMs.
-- Answers {id, state, version, attempts, trace, heldSinceMs of each job whose state changed in one flat list, ids of entries
-- that somebody trimmed while they were pending, how many were trimmed before anyone had them, in how many ms a lease ends
-- that was not renewed for half of its time (-1: none)}.
local leaseMs, maxAttempts, limit, forgetMs =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local at = now()
local changes, trimmed, left = {}, {}, limit
if inGrace(at, leaseMs) then return { changes, trimmed, 0, -1 } end
local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, group)
if consumers.err then return { changes, trimmed, 0, -1 } end

local requeued = false
local endsInMs = math.huge
local function reap(entry, id, idleMs)
  local state, of, attempts, version, trace =
    unpack(redis.call('HMGET', job(id), 'state', 'entry', 'attempts', 'version', 'trace'))
  if not (state == 'queued' and of == entry) then return finish({ entry }) end
  attempts, version = attempts + 1, version + 2
  local nextState = 'queued'
  redis.call('HINCRBY', job(id), 'fence', 2)
  if maxAttempts > 0 and attempts >= maxAttempts then
    nextState = 'dead'
    redis.call('ZADD', prefix .. 'dead', at, id)
    finish({ entry })
  else
    redis.call('XCLAIM', stream, group, nobody, 0, entry, 'JUSTID')
    requeued = true
  end
  redis.call('HSET', job(id), 'state', nextState, 'attempts', attempts, 'version', version)
  local change = { id, nextState, version, attempts, trace or '', at - idleMs }
  for _, value in ipairs(change) do changes[#changes + 1] = value end
end

for _, flat in ipairs(consumers) do
  local consumer = fields(flat)
  local minIdleMs = consumer.name == nobody and 0 or leaseMs
  local pending = {}
  if consumer.pending > 0 and left > 0 then
    pending = redis.call('XPENDING', stream, group, 'IDLE', minIdleMs, '-', '+', left, consumer.name)
  end
  for _, entry in ipairs(pending) do
    local found = redis.call('XRANGE', stream, entry[1], entry[1])[1]
    if not found then
      redis.call('XACK', stream, group, entry[1])
      trimmed[#trimmed + 1] = entry[1]
    elseif consumer.name ~= nobody then
      left = left - 1
      reap(entry[1], found[2][2], entry[3])
    end
  end
  if consumer.pending > 0 and consumer.name ~= nobody then
    local ending =
      redis.call('XPENDING', stream, group, 'IDLE', math.floor(leaseMs / 2), '-', '+', 1, consumer.name)[1]
    if ending then endsInMs = math.min(endsInMs, math.max(0, leaseMs - ending[3])) end
  end
  -- Nothing is lost with it: it has nothing, and it would be made anew if it came back.
  if consumer.pending == 0 and consumer.idle > forgetMs and consumer.name ~= nobody then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer.name)
  end
end
if requeued then ring() end

-- Only what was delivered and finished leaves the stream. If it is shorter than what was never delivered, the rest of
-- that was trimmed.
local unread = countEntries()
local trimmedUnread = math.max(0, unread - redis.call('XLEN', stream))
return { changes, trimmed, trimmedUnread, endsInMs < math.huge and endsInMs or -1 }
