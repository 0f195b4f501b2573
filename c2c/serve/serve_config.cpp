#include "c2c/serve/serve_config.h"

namespace c2c {
namespace {

void visit_address(ServeConfig& serve, const FieldVisitor& visit) {
  visit({.key = "host",
         .flags = "--host",
         .help = "address to listen on, numeric; 0.0.0.0: every network (then set an API key)",
         .target = &serve.host});
  visit({.key = "port",
         .flags = "--port",
         .help = "port; 0: a free one, which is said",
         .target = &serve.port,
         .minimum = 0,
         .maximum = 65535});
  visit({.key = "aliases",
         .flags = "-a,--alias",
         .help = "model id of a run file in place of receiver+sharer (repeatable, in the order of the run files)",
         .target = &serve.aliases});
  visit({.key = "api_key_file",
         .flags = "--api-key-file",
         .help = "file with API keys, one a line: only requests with one of them are answered",
         .target = &serve.api_key_file,
         .is_path = true});
  visit({.key = "api_key_env",
         .flags = "--api-key-env",
         .help = "environment variable that holds an API key",
         .target = &serve.api_key_env});
  visit({.key = "cors_origins",
         .flags = "--cors-origin",
         .help = "origin whose pages may read answers, such as https://example.org (repeatable); none: only our own",
         .target = &serve.cors_origins});
}

void visit_limits(ServeConfig& serve, const FieldVisitor& visit) {
  visit({.key = "timeout",
         .flags = "--timeout",
         .help = "seconds that a request may take in all; 0: no limit",
         .target = &serve.timeout,
         .minimum = 0,
         .maximum = 1e7});
  visit({.key = "grace",
         .flags = "--grace",
         .help = "seconds that running requests get to finish when the server is told to stop",
         .target = &serve.grace,
         .minimum = 0,
         .maximum = 1e5});
  visit({.key = "max_body",
         .flags = "--max-body",
         .help = "largest request, MiB",
         .target = &serve.max_body,
         .minimum = 1,
         .maximum = 256});
  visit({.key = "max_tokens_limit",
         .flags = "--max-tokens-limit",
         .help = "most tokens that a request may ask for; 0: what the context holds",
         .target = &serve.max_tokens_limit,
         .minimum = 0});
  visit({.key = "max_connections",
         .flags = "--max-connections",
         .help = "most connections at once",
         .target = &serve.max_connections,
         .minimum = 1,
         .maximum = 100000});
  visit({.key = "ping_seconds",
         .flags = "--ping-seconds",
         .help = "seconds of silence after which a stream gets a comment line; 0: none",
         .target = &serve.ping_seconds,
         .minimum = 0,
         .maximum = 3600});
}

}  // namespace

void ServeConfig::visit_fields(const FieldVisitor& visit) {
  visit_address(*this, visit);
  visit_limits(*this, visit);
  visit({.key = "metrics", .flags = "--metrics", .help = "answer GET /metrics (Prometheus)", .target = &metrics});
  visit({.key = "access_log",
         .flags = "--access-log",
         .help = "file that gets a line of JSON for each request, without contents and keys",
         .target = &access_log,
         .is_path = true});
  visit({.key = "engine", .flags = "", .help = "batching and kept caches", .target = field_group(engine)});
}

}  // namespace c2c
