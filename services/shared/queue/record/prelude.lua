-- Put before every script of this folder. KEYS[1] is the prefix of all keys; Redis' TIME is the only clock.
-- Keys are derived from the prefix, so these scripts are for one Redis server, not for a cluster.
local prefix = KEYS[1]
local function job(id) return prefix .. 'job:' .. id end
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- A whole number as text. Redis formats a number anew, and slowly, for each command that is given one.
local texts = {}
local function text(number)
  local known = texts[number]
  if not known then
    known = string.format('%.0f', number)
    texts[number] = known
  end
  return known
end
