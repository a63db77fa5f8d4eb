// Sends what an old AWS SDK would send to amazonaws.com to AWS_ENDPOINT_URL, which it does not know:
// the framework's own CLI by hand, on a local AWS.
const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");

const stub = process.env.AWS_ENDPOINT_URL ? new URL(process.env.AWS_ENDPOINT_URL) : null;

function optionsOf(first, second) {
  const given = second && typeof second === "object" ? second : {};
  if (typeof first !== "string" && !(first instanceof URL)) return { ...first };
  const { hostname, port, pathname, search } = new URL(first);
  return { hostname, port, path: pathname + search, ...given };
}

function redirected(request) {
  const plain = http.request;
  return function aimed(...args) {
    const options = optionsOf(args[0], args[1]);
    const host = String(options.hostname || options.host || "").split(":")[0];
    if (!host.endsWith(".amazonaws.com")) return request.apply(this, args);
    const answer = args.find((one) => typeof one === "function");
    const aim = { protocol: "http:", host: stub.hostname, hostname: stub.hostname, port: stub.port };
    return plain({ ...options, ...aim, agent: http.globalAgent }, answer);
  };
}

if (stub) {
  for (const library of [https, http]) {
    library.request = redirected(library.request);
    library.get = (...args) => {
      const request = library.request(...args);
      request.end();
      return request;
    };
  }
  syncBuiltinESMExports();
}
