// Reader: where a service's endpoints come from.
//
//   discovery = [ source* ]
//   source    = { process: {} } | { static: [ endpoint* ] }        ; exactly one key
//             | { dns: { name: … } } | { docker: { label: … } }
//   endpoint  = "host:port" | { address: "host:port", weight: N }
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "config/reader.hpp"

namespace weir::config {

void Reader::discovery(const Row& row, Service& service) {
  const Node* node = take_list(row);
  if (node == nullptr) return;
  if (node->items.empty()) {
    refuse_empty(*node, row.key, "[ process: {} ] or [ static: [\"10.0.0.1:80\"] ]");
  }
  int docker_line = 0;
  for (const Node& item : node->items) {
    DiscoverySource source;
    read_section(item, row.key, source);
    if (item.shape == Shape::null || (item.shape == Shape::map && item.members.empty())) {
      problems_.error(item.place, fmt::format("{}: this source is empty", row.key));
    } else if (item.members.size() > 1) {
      problems_.error(item.members[1].place,
                      fmt::format("{}: one source has one key; put '{}' into an entry of its own",
                                  row.key, clipped(item.members[1].key)));
    }
    std::ranges::move(source.endpoints, std::back_inserter(service.endpoints));
    if (source.dns) service.dns.push_back(*std::move(source.dns));
    if (!source.docker) continue;
    if (service.docker) {
      problems_.error(item.place,
                      fmt::format("{}: a service has one docker source, and the one on line {} is "
                                  "it; give the containers one label",
                                  row.key, docker_line));
      continue;
    }
    service.docker = std::move(source.docker);
    docker_line = item.place.line;
  }
}

void Reader::marker(const Row& row, bool& present) {
  const Node* node = take(row);
  if (node == nullptr) return;
  present = true;
  if (!node->members.empty()) {
    problems_.error(node->members.front().place,
                    fmt::format("{0} stays {{}} here: its keys belong to the service's own '{0}', "
                                "beside '{1}'",
                                row.key, key_));
  } else if (core_type(*node) != Core::null && node->shape != Shape::map) {
    expected(*node, row.key, "{}");
  }
}

void Reader::endpoint(const Row& row, Address& address) {
  const Node* node = take(row);
  if (node == nullptr) return;
  read_value(*node, row.key, "an address such as 10.0.0.1:80", parse_endpoint, address);
}

void Reader::endpoints(const Row& row, std::vector<Endpoint>& endpoints) {
  const Node* node = take_list(row);
  if (node == nullptr) return;
  if (node->items.empty()) refuse_empty(*node, row.key);
  for (const Node& item : node->items) {
    Endpoint& value = endpoints.emplace_back();
    if (item.shape == Shape::map) {
      read_section(item, row.key, value);
    } else {
      read_value(item, row.key, "an address such as 10.0.0.1:80", parse_endpoint, value.address);
    }
  }
}

void Reader::later(std::span<const std::string_view> keys, std::string_view why) {
  for (const std::string_view key : keys) {
    const Member* member = node_.find_member(key);
    if (member == nullptr) continue;
    announced_.push_back(key);
    problems_.error(member->place, fmt::format("'{}' {}", key, why));
  }
}

}  // namespace weir::config
