-- Answers when the job that waits longest was enqueued, in ms since 1970, or false.
local groups = redis.pcall('XINFO', 'GROUPS', stream)
local workers = not groups.err and groups[1] and fields(groups[1])
local returned = workers and redis.call('XPENDING', stream, group, '-', '+', 1, nobody)[1]
if returned then returned = redis.call('XRANGE', stream, returned[1], returned[1])[1] end
local unread = redis.call('XRANGE', stream, workers and '(' .. workers['last-delivered-id'] or '-', '+', 'COUNT', 1)[1]

-- As its record says: the id of its entry is from a later reading of the clock. (A trimmed entry says nothing.)
local function at(entry) return entry and tonumber(redis.call('HGET', job(entry[2][2]), 'enqueuedAtMs')) end
return at(returned) and at(unread) and math.min(at(returned), at(unread)) or at(returned) or at(unread) or false
