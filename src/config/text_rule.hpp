#pragma once
// Text rules: for each kind of text in weir.yaml one rule that reads it, says what it expects, and
// gives editors a pattern. A rule refuses every byte that could split a response or a log line, so
// that no text of the file can do it later (http-rules.md, section 3, row 14).

#include <span>
#include <string>
#include <string_view>

#include "config/address.hpp"

namespace weir::config {

struct TextRule {
  std::string_view expected;  ///< "a path such as /app/": after "expected"
  std::string_view pattern;   ///< for editors: a regular expression of ECMA 262; empty: any text
  Parsed<std::string> (*read)(std::string_view text);  ///< the text as it is stored
};

/// A command argument or the value of an environment variable: anything without NUL.
extern const TextRule kArgument;
/// The name of a service or listener: [a-z][a-z0-9-]{0,62}.
extern const TextRule kName;
/// A listener's name or "*".
extern const TextRule kListenerChoice;
/// "*", "a.example" or "*.example", in lower case.
extern const TextRule kHostPattern;
/// A name or address that the Host field may have, in lower case.
extern const TextRule kHostName;
/// A host name that DNS knows, in lower case: no address, no port.
extern const TextRule kDnsName;
/// A label of a container: "key" or "key=value".
extern const TextRule kLabel;
/// The name of a Docker network.
extern const TextRule kNetwork;
/// A path prefix in normal form: "/", "/app/".
extern const TextRule kPath;
/// A request target in origin form: "/health", "/health?deep=1".
extern const TextRule kTarget;
/// A request method, upper case.
extern const TextRule kMethod;
/// Where a redirect leads: a URI reference.
extern const TextRule kLocation;
/// A file to write, or "off", "stdout", "stderr".
extern const TextRule kFile;
/// "sqlite:PATH" or a PostgreSQL URL. Its faults never repeat the text: it may hold a password.
extern const TextRule kStore;
/// A field name that a route may change: a token, neither framing, nor hop-by-hop, nor Host.
extern const TextRule kHeaderName;
/// A field value without control bytes or outer spaces.
extern const TextRule kHeaderValue;
/// The name of a cookie: a token.
extern const TextRule kCookieName;
/// [A-Za-z_][A-Za-z0-9_]*
extern const TextRule kVariableName;

}  // namespace weir::config
