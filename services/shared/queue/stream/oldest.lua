-- Answers when the job that waits longest was enqueued, in ms since 1970, or false. The id of its entry says it.
local groups = redis.pcall('XINFO', 'GROUPS', stream)
local workers = not groups.err and groups[1] and fields(groups[1])
local returned = workers and redis.call('XPENDING', stream, group, '-', '+', 1, nobody)[1]
local unread = redis.call('XRANGE', stream, workers and '(' .. workers['last-delivered-id'] or '-', '+', 'COUNT', 1)[1]
local function at(entry) return entry and tonumber(string.match(entry[1], '^%d+')) end
return at(returned) and at(unread) and math.min(at(returned), at(unread)) or at(returned) or at(unread) or false
