#pragma once
// HttpProxy: one lane's gateway. For every exchange: find the route, write the upstream's head,
// make the attempt, answer what could not be forwarded, count and log.
//
// Lane-only; shared with other lanes are the published route table and the counters' readers.

#include <memory>
#include <vector>

#include "gateway/decision_ring.hpp"
#include "gateway/forward.hpp"
#include "runtime/published.hpp"
#include "telemetry/record_ring.hpp"

namespace weir::gateway {

class HttpProxy final : public http::Handler {
 public:
  /// `access_log`: null when off. Lifetime: all arguments outlive the proxy.
  HttpProxy(http::LaneContext& context, http::Connector& connector,
            const runtime::Published<RouteTable>& routes, telemetry::RecordRing* access_log)
      : context_(context),
        routes_(routes),
        access_log_(access_log),
        pools_(context, connector),
        hash_seed_(routes.load()->hash_seed()) {}

  runtime::Task<void> serve(http::Exchange& exchange) override;

  /// To be called about once a second on the lane.
  void sweep() {
    pools_.sweep(context_.lane.now());
    forget_services();
  }
  void close_idle() { pools_.close_all(); }
  /// Every pick from now on is written down. Requires: nothing was served yet; outlives this.
  void record_into(upstream::PickRecorder& recorder) noexcept { recorder_ = &recorder; }
  /// Waits for connections that are being made for nobody: at most a connect timeout. After the
  /// last exchange, before the lane ends.
  runtime::Task<void> finish_connects() { return connects_.close(); }
  /// What this lane decided lately. Lane-only.
  const DecisionRing& decisions() const noexcept { return decisions_; }
  /// What would be done with this request now. Sends nothing, draws nothing, counts nothing.
  /// Lane-only. Cost: allocates.
  ExplainedRequest explain(const RequestSketch& sketch);

  /// One GET / of our own through `service`, chosen, counted and sent like any other.
  struct ProbeResult {
    std::uint32_t endpoint_id = 0;  ///< 0: nobody was eligible
    std::string endpoint_name;
    std::string endpoint_address;
    std::int64_t in_flight = 0;
    base::Duration duration{};
    unsigned status = 0;
    telemetry::Reason reason = telemetry::Reason::ok;
    std::string detail;
  };
  runtime::Task<ProbeResult> probe(std::shared_ptr<upstream::Service> service);

 private:
  struct Story;     // what is told of one exchange when its head is gone
  class HeadBlock;  // the upstream's head, in a pooled block

  const Route* decide(http::Exchange& exchange, const RouteTable& table, Story& story,
                      http::Problem& problem, std::string& allow);
  void prepare(http::Exchange& exchange, Story& story, HeadBlock& block, ForwardPlan& plan,
               upstream::AttemptPlan& tries, http::Problem& problem);
  void plan_tries(const http::RequestHead& head, const Story& story, const Route& route,
                  upstream::AttemptPlan& tries);
  base::HashSecret sticky_secret() const noexcept;
  std::uint32_t sticky_endpoint(const http::RequestHead& head, const Route& route,
                                const upstream::EndpointSet& set);
  void plan_sticky(const http::RequestHead& head, ForwardPlan& plan, upstream::AttemptPlan& tries);
  http::Problem body_problem(http::Exchange& exchange, const base::Error& error, Story& story);
  void settle(http::Exchange& exchange, Story& story, const upstream::Attempts& attempts,
              const Forward& sender, http::Problem& problem);
  static http::Problem failed_problem(http::Exchange& exchange, Story& story,
                                      const upstream::Attempts& attempts, const Forward& sender);
  static http::Problem refused_problem(const Story& story);
  bool is_too_many(const http::RequestHead& head, Story& story, const Route& route,
                   http::Problem& problem);
  runtime::Task<upstream::WaitingLine::Inside> stand_in_line(http::Exchange& exchange,
                                                             upstream::ServiceLane& service,
                                                             Forward& sender, ForwardPlan& plan,
                                                             Story& story, http::Problem& problem);
  runtime::Task<bool> pause(http::Exchange& exchange, upstream::Attempts& attempts);
  static void note_fallback(const Route& route, Story& story, http::Problem& problem);
  void plan_fallback(const http::RequestHead& head, ForwardPlan& plan);
  runtime::Task<void> fall_back(http::Exchange& exchange, ForwardPlan& plan,
                                const upstream::AttemptPlan& tries, Forward& sender, Story& story,
                                http::Problem& problem);
  runtime::Task<void> answer_instead(http::Exchange& exchange, const ForwardPlan& plan,
                                     Story& story, http::Problem& problem);
  runtime::Task<void> ask_other_service(http::Exchange& exchange, ForwardPlan& plan,
                                        const upstream::AttemptPlan& tries, Forward& sender,
                                        Story& story, http::Problem& problem);
  void forget_services();
  upstream::ServiceLane& lane_of(const std::shared_ptr<upstream::Service>& service);
  runtime::Task<void> refuse(http::Exchange& exchange, http::Problem problem, const Story& story,
                             std::string allow);
  runtime::Task<void> redirect(http::Exchange& exchange, const Route& route);
  void count(const http::Exchange& exchange, const Story& story,
             telemetry::TrafficCounters& counters);
  void tell(const http::Exchange& exchange, const Story& story);
  void begin_decision(const http::RequestHead& head, Story& story, const Route& route,
                      upstream::AttemptPlan& tries);
  void keep_decision(const http::Exchange& exchange, Story& story, const ForwardPlan& plan,
                     const upstream::Attempts& attempts);

  http::LaneContext& context_;
  runtime::PublishedReader<RouteTable> routes_;
  telemetry::RecordRing* access_log_;
  upstream::PickRecorder* recorder_ = nullptr;
  EndpointPools pools_;
  runtime::Gate connects_;  // of hedges
  DecisionRing decisions_;
  /// So that nobody can choose keys that meet in the limit's table; the same on every lane.
  const std::uint64_t hash_seed_;
  std::vector<std::unique_ptr<upstream::ServiceLane>>
      services_;  // by Service::slot; null: not asked yet, or replaced and forgotten
  std::vector<StickyTokens> sticky_;  // by Service::slot
};

}  // namespace weir::gateway
