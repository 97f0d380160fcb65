-- Comes after a script that defines `waiting()`, how many jobs wait; `push(id)`, which queues one and answers the fields that
-- its record gets for it; and `record(id)`, all fields of a job.
-- ARGV: cap (0: none), then id, payload and trace ('': none) of each job.
-- Answers, for each: {'accepted', enqueuedAtMs} | {'known' | 'conflict', fields} | {'full', queued}.
local cap = tonumber(ARGV[1])
local queued = cap > 0 and waiting() or 0

local function enqueue(id, payload, trace)
  local key = job(id)
  local known = redis.call('HGET', key, 'payload')
  if known then return { known == payload and 'known' or 'conflict', record(id) } end
  if cap > 0 and queued >= cap then return { 'full', queued } end
  local at = now()
  redis.call('HSET', key, 'payload', payload, 'state', 'queued', 'version', '1', 'fence', '0', 'attempts', '0',
    'enqueuedAtMs', text(at), unpack(push(id)))
  if trace ~= '' then redis.call('HSET', key, 'trace', trace) end
  queued = queued + 1
  return { 'accepted', at }
end

local answers = {}
for i = 2, #ARGV, 3 do answers[#answers + 1] = enqueue(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return answers
