-- post: post one-line movements over HTTP from some keep-alive connections, and count the answers that say 201.
--   wrk -t1 -c8 -d<seconds + 2>s -s post.lua URL -- TOKEN RUN SECONDS DEPOTS LOT ITEM,ITEM,…
-- Every second one issues first-expired-first-out what the one before it received. When the time is up, what is on its
-- way is waited for, so that the store holds exactly what was counted.
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *at);")
local at = ffi.new("moment")

local function now()
  ffi.C.clock_gettime(1, at)
  return tonumber(at.seconds) + tonumber(at.nanoseconds) / 1e9
end

local threads = {}
function setup(thread) table.insert(threads, thread) end

sent, posted, refused, refusal, started, ended = 0, 0, 0, "", 0, 0
local token, run, seconds, depots, lot
local items = {}
local is_probe = true -- wrk asks for one request before it starts, and throws it away

function init(args)
  token, run, seconds, depots, lot = args[1], args[2], tonumber(args[3]), tonumber(args[4]), args[5]
  for item in args[6]:gmatch("[^,]+") do items[#items + 1] = item end
end

-- Milliseconds before the next request. A connection that has finished early hardly disturbs those that are still waiting.
function delay() return started > 0 and now() - started >= seconds and 100 or 0 end

local receipt = '{"kind":"receipt","occurred_at":"%s","counterparty":"Đơn vị mẫu","lines":[{"item":"%s","lot":"%s","quantity":"1"}]}'
local issue = '{"kind":"issue","occurred_at":"%s","counterparty":"Đơn vị mẫu","lines":[{"item":"%s","quantity":"1"}]}'

function request()
  if not is_probe and started == 0 then started = now() end
  if not is_probe and now() - started >= seconds then
    return wrk.format("GET", "/healthz/live", {["Host"] = "localhost"})
  end
  local number = sent
  if is_probe then is_probe = false else sent = sent + 1 end
  local pair = math.floor(number / 2)
  local place = string.format("/api/v1/depots/K%03d/movements", pair % depots + 1)
  local item = items[math.floor(pair / depots) % #items + 1]
  local moment = os.date("!%Y-%m-%dT%H:%M:%SZ")
  local body = number % 2 == 0 and string.format(receipt, moment, item, lot) or string.format(issue, moment, item)
  return wrk.format("POST", place, {
    ["Host"] = "localhost",
    ["Authorization"] = "Bearer " .. token,
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = run .. "-" .. number,
  }, body)
end

function response(status, headers, body)
  if status == 201 then
    posted = posted + 1
    ended = now()
  elseif status ~= 200 then
    refused = refused + 1
    refusal = status .. " " .. body
  end
  if posted + refused >= sent and now() - started >= seconds then wrk.thread:stop() end
end

function done(summary, latency)
  for _, thread in ipairs(threads) do
    io.write(string.format("RESULT %d %d %d %.6f %.3f %.3f\n", thread:get("sent"), thread:get("posted"),
      thread:get("refused"), thread:get("ended") - thread:get("started"), latency:percentile(50) / 1000,
      latency:percentile(95) / 1000))
    if thread:get("refused") > 0 then io.write("REFUSAL " .. thread:get("refusal") .. "\n") end
  end
end
