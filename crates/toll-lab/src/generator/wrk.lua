function done(summary, latency, requests)
  local function say(name, number)
    io.write(string.format("asgi-toll %s %.0f\n", name, number))
  end
  io.write("\n")
  say("requests", summary.requests)
  say("duration_us", summary.duration)
  say("bytes", summary.bytes)
  for _, class in ipairs({"connect", "read", "write", "status", "timeout"}) do
    say(class, summary.errors[class])
  end
  say("mean_us", latency.mean)
  say("max_us", latency.max)
  for _, percent in ipairs({50, 75, 90, 95, 99, 99.9}) do
    say("us_at_" .. percent, latency:percentile(percent))
  end
end
