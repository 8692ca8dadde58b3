-- wrk's script: requests at random from a file, a line "METHOD<tab>PATH<tab>BODY" each; the results as one line of tab-separated values.
local prepared = {}

function init(arguments)
	for line in io.lines(arguments[1]) do
		local method, path, body = line:match("([^\t]*)\t([^\t]*)\t?(.*)")
		local headers = {}
		if body == "" then
			body = nil
		else
			headers["Content-Type"] = "application/json"
		end
		prepared[#prepared + 1] = wrk.format(method, path, headers, body)
	end
	math.randomseed(tonumber(arguments[2]))
end

function request()
	return prepared[math.random(#prepared)]
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format("measured\t%d\t%.6f\t%d\t%d\t%d\t%d\n", summary.requests, summary.duration / 1e6,
		latency:percentile(50), latency:percentile(99), errors.status,
		errors.connect + errors.read + errors.write + errors.timeout))
end
