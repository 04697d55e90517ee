#pragma once
// Schema, `routes`: match, target, changes to messages, time limits, retries, fallback. See
// schema.hpp.

#include <array>
#include <string_view>

#include "config/schema_service.hpp"

namespace weir::config {

template <class Visitor>
void describe(Visitor& v, Match& match) {
  v.text({"listener", "Name of the listener, or \"*\" for every one."}, match.listener,
         kListenerChoice);
  v.text({"host", "\"*\", an exact host such as a.example, or *.example for what ends in it."},
         match.host, kHostPattern);
  v.text({"path", "Path prefix; the longest that fits wins."}, match.path, kPath);
  v.texts({"methods", "Methods to match; empty means every one."}, match.methods, kMethod);
}

template <class Visitor>
void describe(Visitor& v, Redirect& redirect) {
  v.one_of({"status", "Status of the answer."}, redirect.status, kRedirectStatuses);
  v.text({"location", "Where the client is sent: a URL or a path.", Presence::required},
         redirect.location, kLocation);
}

template <class Visitor>
void describe(Visitor& v, HeaderEdits& edits) {
  v.headers({"set", "Fields to replace or create."}, edits.set);
  v.headers({"add", "Fields to add beside those of the same name."}, edits.add);
  v.texts({"remove", "Fields to remove."}, edits.remove, kHeaderName);
}

template <class Visitor>
void describe(Visitor& v, Timeouts& timeout) {
  using namespace schema_ranges;
  v.duration({"connect", "Longest time to connect to an endpoint."}, timeout.connect, kTimeout);
  v.duration({"attempt", "Longest time for one try, up to the response head."}, timeout.attempt,
             kTimeout);
  v.duration({"total", "Longest time for the request with all its tries, up to the response head."},
             timeout.total, kTimeout);
  v.duration({"idle", "Longest silence of an endpoint inside a response body."}, timeout.idle,
             kTimeout);
  v.duration({"stream", "Longest life of a stream, such as a WebSocket."}, timeout.stream,
             kLongTimeout);
}

template <class Visitor>
void describe(Visitor& v, Route& route) {
  v.section({"match", "Which requests take this route; every condition must hold."}, route.match);
  v.text({"service", "Name of the service that answers.", Presence::optional}, route.service,
         kName);
  v.optional_section(
      {"redirect", "Answer with a redirect instead of a service.", Presence::optional},
      route.redirect);
  v.boolean({"strip_prefix", "Forward the path without the matched prefix."}, route.strip_prefix);
  v.text({"rewrite_prefix", "Forward the path with this in place of the matched prefix.",
          Presence::optional},
         route.rewrite_prefix, kPath);
  v.section({"request_headers", "Changes to the fields of the forwarded request."},
            route.request_headers);
  v.section({"response_headers", "Changes to the fields of the response."}, route.response_headers);
  v.size({"body_max", "Largest request body, else 413; 0 means only the listener's limit."},
         route.body_max, schema_ranges::kBody);
  v.boolean({"request_id", "Give each request an X-Request-Id unless a trusted peer sent one."},
            route.request_id);
  v.choice({"escapes", "Encoded slashes and backslashes in a path: refuse (400) or keep."},
           route.escapes, {kEscapesNames});
  v.boolean({"websocket", "Allow an upgrade to WebSocket."}, route.websocket);
  v.section({"timeout", "How long to wait: connect <= attempt <= total."}, route.timeout);
  v.later(kRouteLater, kNotYet);
}

}  // namespace weir::config
