#pragma once
// FakePort: an AdminPort whose traffic a test writes by hand; everything else is refused. For
// tests.

#include "admin/admin_port.hpp"

namespace weir::admin {

class FakePort final : public AdminPort {
 public:
  observe::TrafficView view;
  mutable int looked = 0;  ///< how often traffic() was asked for

  About about() const override { return {"0", "none", 0}; }
  std::string not_ready() const override { return {}; }
  observe::TrafficView traffic() const override {
    ++looked;
    return view;
  }
  runtime::Task<std::string> prometheus() override { co_return std::string(); }
  runtime::Task<base::Result<ProbeReport>> send_request(std::string) override {
    co_return refused();
  }
  runtime::Task<base::Result<void>> act(std::string, std::string) override { co_return refused(); }
  base::Result<std::vector<supervise::OutputLine>> output(std::string, std::uint64_t,
                                                          std::size_t) const override {
    return refused();
  }
  runtime::Task<base::Result<control::ScaleAnswer>> scale(std::string, control::ScaleWish,
                                                          std::string) override {
    co_return refused();
  }
  runtime::Task<base::Result<std::vector<store::LogRow>>> logs(store::LogQuery) override {
    co_return refused();
  }
  runtime::Task<base::Result<db::Rows>> store_rows(std::string, std::int64_t,
                                                   std::int64_t) override {
    co_return refused();
  }
  runtime::Task<base::Result<std::vector<store::TableSize>>> store_tables() override {
    co_return refused();
  }
  std::optional<store::Health> store_health() const override { return std::nullopt; }
  runtime::Task<base::Result<ReloadReport>> reload(bool, std::string) override {
    co_return refused();
  }
  runtime::Task<base::Result<ReloadReport>> change(ChangePlan, std::string) override {
    co_return refused();
  }
  runtime::Task<base::Result<void>> unset(std::string, std::string) override {
    co_return refused();
  }
  runtime::Task<void> settle() override { co_return; }
  std::shared_ptr<const config::Settings> settings() const override { return nullptr; }
  std::shared_ptr<const config::Sources> sources() const override { return nullptr; }
  config::Surroundings surroundings() const override { return {}; }
  std::vector<store::OverlayRow> overlay() const override { return {}; }
  bool is_idle(const std::string&) const override { return false; }
  runtime::Task<base::Result<std::vector<gateway::DecisionView>>> decisions(
      gateway::DecisionFilter) override {
    co_return refused();
  }
  runtime::Task<base::Result<gateway::DecisionView>> decision(std::string) override {
    co_return refused();
  }
  runtime::Task<base::Result<gateway::ExplainedRequest>> explain(gateway::RequestSketch,
                                                                 std::string) override {
    co_return refused();
  }
  runtime::Task<base::Result<std::vector<control::AlgorithmChange>>> set_algorithm(
      std::string, balance::Algorithm, std::string) override {
    co_return refused();
  }
  base::Result<void> pin_arm(std::string, std::optional<balance::Algorithm>,
                             const std::string&) override {
    return refused();
  }
  base::Result<std::vector<control::BreakerOperated>> operate_breakers(
      const control::BreakerTarget&, control::BreakerAction, const std::string&) override {
    return refused();
  }
  base::Result<control::DrainChange> set_draining(const control::EndpointName&, bool,
                                                  const std::string&) override {
    return refused();
  }
  base::Result<control::WeightChange> set_weight(const control::EndpointName&,
                                                 std::optional<std::uint32_t>,
                                                 const std::string&) override {
    return refused();
  }

 private:
  static base::Fail refused() { return base::fail(base::Errc::conflict, "not in this test"); }
};

}  // namespace weir::admin
