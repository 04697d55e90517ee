#pragma once
// ServiceNumbers: the number of each service name. The store keeps them for ever, those of services
// that are gone too, so that a number never comes to mean another service; without a store they
// live as long as weir runs.
//
// Blocks; one caller at a time.

#include <cstdint>
#include <map>
#include <string>

#include "config/settings.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace weir::app {

class ServiceNumbers {
 public:
  /// `store`: null for none. Lifetime: both outlive this.
  ServiceNumbers(store::Store* store, telemetry::Log& log) : store_(store), log_(log) {}

  /// Gives each service of `next` its number, new ones the next free ones, and tells the store
  /// which services there are. `definitions`: JSON by name, of those that were registered.
  void assign(config::Settings& next, const std::map<std::string, std::string>& definitions);

 private:
  struct Known {
    std::uint32_t number = 0;
    bool is_there = false;
    std::string definition;
  };

  void read();
  void queue(store::Write write);
  void keep(const config::Settings& next, const std::map<std::string, std::string>& definitions);

  store::Store* const store_;
  telemetry::Log& log_;
  std::map<std::string, Known> known_;
  bool is_read_ = false;
};

}  // namespace weir::app
