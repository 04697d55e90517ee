#include "lab/traffic_mix.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "net/address.hpp"

namespace weir::lab {
namespace {

using namespace std::chrono_literals;

TEST(TrafficMix, FollowsItsWeights) {
  base::Rng rng(1);
  std::map<std::string_view, int> targets;
  std::map<std::string_view, int> clients;
  std::set<std::string_view> agents;
  constexpr int kRequests = 100'000;
  for (int i = 0; i < kRequests; ++i) {
    const PlannedRequest planned = plan_request(rng);
    ++targets[planned.target];
    ++clients[planned.client];
    agents.insert(planned.agent);
  }
  EXPECT_EQ(targets.size(), 5u);
  EXPECT_NEAR(targets["/"], 0.40 * kRequests, 0.01 * kRequests);
  EXPECT_NEAR(targets["/api/data"], 0.25 * kRequests, 0.01 * kRequests);
  EXPECT_NEAR(targets["/payments/"], 0.20 * kRequests, 0.01 * kRequests);
  EXPECT_NEAR(targets["/payments/api/data"], 0.10 * kRequests, 0.01 * kRequests);
  EXPECT_EQ(clients.size(), traffic_clients().size());
  EXPECT_GT(clients[traffic_clients().front()], 5 * clients[traffic_clients().back()]);
  EXPECT_EQ(agents.size(), 5u);
}

TEST(TrafficMix, SameSeedSameRequests) {
  base::Rng a(7);
  base::Rng b(7);
  for (int i = 0; i < 100; ++i) {
    const PlannedRequest x = plan_request(a);
    const PlannedRequest y = plan_request(b);
    EXPECT_EQ(x.target, y.target);
    EXPECT_EQ(x.client, y.client);
  }
}

TEST(TrafficMix, ClientsAreFortyDistinctPublicAddresses) {
  const auto clients = traffic_clients();
  EXPECT_EQ(clients.size(), 40u);
  EXPECT_EQ(std::set(clients.begin(), clients.end()).size(), 40u);
  for (const std::string_view client : clients) {
    const auto address = net::Address::ip(client, 0);
    ASSERT_TRUE(address) << client;
    EXPECT_EQ(address->host(), client);
    EXPECT_FALSE(address->is_loopback()) << client;
    EXPECT_FALSE(client.starts_with("10.") || client.starts_with("192.168.")) << client;
  }
}

TEST(Due, IsConstantAndNeverDrifts) {
  const base::Time start(1h);
  struct Row {
    std::uint64_t n;
    double rate;
    base::Duration after;
  };
  const Row rows[] = {
      {0, 25, 0s},
      {1, 25, 40ms},
      {25, 25, 1s},
      {1, 0.5, 2s},
      {2250, 25, 90s},
      {1'000'000, 800, 1250s},
      {86'400ull * 25, 25, 24h},
  };
  for (const Row& row : rows) {
    const base::Duration off = due(start, row.n, row.rate) - (start + row.after);
    EXPECT_LE(std::abs(off.count()), 1000) << row.n << " at " << row.rate;
  }
}

}  // namespace
}  // namespace weir::lab
