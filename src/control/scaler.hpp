#pragma once
// Scaler: keeps one service at the number of endpoints that its load or its operator wants. Once a
// second it gathers the readings and asks scaling/decide; what acts goes to the driver.
//
// Every decision has its arithmetic as a sentence. When it acts, and whenever another kind of
// decision than the last one is made, it is logged with its inputs and is news; so is every wish of
// the operator. News wait for their owner, who pulls them. Lane-only (control lane).

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "control/registry.hpp"
#include "control/scale_command.hpp"
#include "control/scale_driver.hpp"
#include "control/scaler_news.hpp"
#include "scaling/decide.hpp"
#include "telemetry/log.hpp"

namespace weir::control {

/// For people.
struct ScalerView {
  std::string_view driver;  ///< static
  std::uint32_t min = 1;
  std::uint32_t max = 10;
  std::uint32_t wanted = 0;
  bool is_automatic = false;  ///< it has targets
  std::string_view verdict;   ///< of the last decision; static; empty before the first
  std::string reason;
  std::uint32_t cooldown_s = 0;  ///< until the next operation may begin
  std::uint64_t operations = 0;
};

class Scaler {
 public:
  /// Lifetime: the references outlive this.
  Scaler(std::string service, const config::Scaling& settings, ScaleDriver& driver,
         telemetry::Log& log);

  /// A look at the endpoints' requests under way; often, so that a second has an average.
  void sample(const ServiceEntry& service);
  /// Once a second. `p95`: of the service over the last seconds; 0 without requests.
  void second(base::Duration p95, base::Time now);
  /// `who`: for the log.
  ScaleAnswer by_hand(const ScaleWish& wish, const std::string& who, base::Time now);
  /// Another configuration from now on.
  void change(const config::Scaling& settings);

  /// What was decided since the last call, the oldest first. Without an owner that asks the newest
  /// kNewsMax stay.
  std::vector<ScalerNews> take_news();
  static constexpr std::size_t kNewsMax = 64;

  ScalerView view(base::Time now) const;
  const std::string& service() const noexcept { return service_; }
  base::Duration drain() const noexcept { return drain_; }

 private:
  struct InFlight {
    double sum = 0;
    std::uint32_t samples = 0;
  };

  ScaleAnswer judge(const ScaleWish& wish, base::Time now) const;
  std::string impediment(std::uint32_t from, std::uint32_t wanted) const;
  ScalerNews news_of(const scaling::Config& config, base::Time now) const;
  void tell(ScalerNews news);
  scaling::Facts gather(base::Duration p95, base::Time now);

  const std::string service_;
  ScaleDriver& driver_;
  telemetry::Log& log_;
  scaling::Config config_;
  base::Duration drain_{};
  scaling::History history_;
  std::map<std::uint32_t, InFlight> in_flight_;  // by endpoint, of this second
  scaling::Facts facts_;                         // of the last second
  scaling::Decision last_;
  bool decided_ = false;
  std::uint64_t operations_ = 0;
  std::deque<ScalerNews> news_;
};

}  // namespace weir::control
