-- Sends the requests of a file, each once: lines of "path<TAB>header: value<TAB>content type<TAB>body".
-- Threads take every n-th line. Answers that are not 2xx are counted as errors.
local threads = {}
local file, first, step = nil, 1, 1

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  requests = {}
  errors = 0
  sent = 0
  local total = tonumber(arguments[2])
  local index = 0
  for line in io.lines(arguments[1]) do
    if index % total == number then
      local path, header, value, kind, body = line:match("^([^\t]*)\t([^\t]*): ([^\t]*)\t([^\t]*)\t(.*)$")
      local headers = {["Content-Type"] = kind}
      headers[header] = value
      requests[#requests + 1] = wrk.format("POST", path, headers, body)
    end
    index = index + 1
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

function response(status)
  if status < 200 or status > 299 then errors = errors + 1 end
end

function done(summary, latency)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("errors") end
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('RESULT {"requests": %d, "seconds": %f, "errors": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.requests, summary.duration / 1e6, refused + failed,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
