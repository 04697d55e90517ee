#include "gateway/sticky.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace sticky_test {

using namespace std::chrono_literals;

const std::string kBusy = "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy";
constexpr std::string_view kSet = "Set-Cookie: weir-endpoint=";

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}
int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
/// The cookie's value, or nothing.
std::string cookie_of(const std::string& answer) {
  const std::size_t at = answer.find(kSet);
  return at == std::string::npos ? std::string() : answer.substr(at + kSet.size(), 16);
}

class StickyCookie : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open(auto change) {
    config::Settings settings = InMemoryGateway::default_settings();
    settings.services[0].balance.sticky = config::Sticky{};
    settings.trusted_proxies.push_back(
        {.bytes = {192, 0, 2}, .family = config::Family::v4, .prefix = 24});
    change(settings);
    gateway_.emplace(std::move(settings));
    gateway_->publish(4);
    gateway_->connect();
    for (int i = 1; i <= 4; ++i) {
      const std::string number = std::to_string(i);
      gateway_->origin().responses["10.0.0." + number] =
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + number;
    }
  }
  void open() {
    open([](config::Settings&) {});
  }
  std::string ask(const std::string& cookie, const std::string& more = "") {
    const std::string line = cookie.empty() ? "" : "Cookie: weir-endpoint=" + cookie + "\r\n";
    std::string answer = gateway_->exchange("GET / HTTP/1.1\r\nHost: a\r\n" + line + more + "\r\n");
    for (int i = 0; i < 20 && answer.empty(); ++i) answer = gateway_->after(50ms);
    return answer;
  }
  void publish(std::vector<std::size_t> indexes) {
    upstream::SetParts parts{.generation = ++generation_, .policy = all_->policy};
    for (const std::size_t i : indexes) parts.eligible.push_back(all_->eligible.at(i));
    gateway_->service().endpoints.publish(upstream::make_set(std::move(parts)));
  }
  void keep_all() { all_ = gateway_->service().endpoints.load(); }

  std::optional<InMemoryGateway> gateway_;
  std::shared_ptr<const upstream::EndpointSet> all_;
  std::uint64_t generation_ = 100;
};

TEST_F(StickyCookie, AClientStaysOnItsEndpoint) {
  const std::string first = ask("");
  EXPECT_TRUE(has(first, "; Path=/; HttpOnly; SameSite=Lax\r\n")) << first;
  EXPECT_FALSE(has(first, "Max-Age")) << first;
  const std::string cookie = cookie_of(first);
  ASSERT_EQ(cookie.size(), 16u) << first;
  for (int i = 0; i < 9; ++i) {
    const std::string again = ask(cookie);
    EXPECT_EQ(again.back(), first.back()) << i;
    EXPECT_EQ(cookie_of(again), "") << "it needs no other: " << again;
  }
}

TEST_F(StickyCookie, EachEndpointHasItsOwnAndNoneSaysItsAddress) {
  std::set<std::string> cookies;
  for (int i = 0; i < 8; ++i) cookies.insert(cookie_of(ask("")));
  EXPECT_EQ(cookies.size(), 4u);
  const auto set = gateway_->service().endpoints.load();
  for (const auto& each : set->eligible) {
    EXPECT_FALSE(cookies.contains(fmt::format("{:016x}", each->identity)));
  }
  open();
  std::set<std::string> later;
  for (int i = 0; i < 8; ++i) later.insert(cookie_of(ask("")));
  EXPECT_NE(cookies, later) << "another process, another key";
}

TEST_F(StickyCookie, WhatNamesNobodyIsPickedByTheAlgorithmAndRenewed) {
  for (const std::string cookie :
       {"", "x", "0123456789abcdef", "0123456789abcdeg", "0123456789abcdef0", "+123456789abcdef"}) {
    const std::string answer = ask(cookie);
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(cookie_of(answer).size(), 16u) << cookie << answer;
  }
}

TEST_F(StickyCookie, AnEndpointThatIsOutIsLeftAndAnotherCookieSet) {
  keep_all();
  publish({0});
  const std::string first = ask("");
  const std::string cookie = cookie_of(first);
  EXPECT_EQ(first.back(), '1');
  publish({1, 2});
  const std::string moved = ask(cookie);
  EXPECT_NE(moved.back(), '1');
  EXPECT_EQ(cookie_of(moved).size(), 16u);
  publish({0, 1, 2});
  EXPECT_EQ(ask(cookie).back(), '1') << "the old one is good again";
}

TEST_F(StickyCookie, ARetryGoesElsewhereAndTheCookieIsOfWhoAnswered) {
  const std::string first = ask("");
  const std::string cookie = cookie_of(first);
  gateway_->origin().responses[std::string("10.0.0.") + first.back()] = kBusy;
  const std::string answer = ask(cookie);
  EXPECT_EQ(status_of(answer), 200) << answer;
  EXPECT_NE(answer.back(), first.back());
  const std::string moved = cookie_of(answer);
  EXPECT_EQ(moved.size(), 16u);
  EXPECT_NE(moved, cookie);
  EXPECT_EQ(ask(moved).back(), answer.back());
}

TEST_F(StickyCookie, NameAndAgeAreThoseOfTheFile) {
  open([](config::Settings& s) {
    s.services[0].balance.sticky = config::Sticky{.cookie = "my", .age = 1h};
  });
  const std::string answer = ask("");
  EXPECT_TRUE(has(answer, "Set-Cookie: my=")) << answer;
  EXPECT_TRUE(has(answer, "; SameSite=Lax; Max-Age=3600\r\n")) << answer;
  const std::string value = answer.substr(answer.find("my=") + 3, 16);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(ask("", "Cookie: a=1; my=" + value + "; b=2\r\n").back(), answer.back());
  }
}

TEST_F(StickyCookie, ExplainSaysSo) {
  const std::string first = ask("");
  const std::string cookie = cookie_of(first);
  ask(cookie, "weir-explain: 1\r\n");
  const auto kept = gateway_->proxy().decisions().newest(1);
  ASSERT_TRUE(kept.size() == 1 && kept[0].trace != nullptr);
  EXPECT_TRUE(kept[0].trace->picks.at(0).sticky);
  EXPECT_EQ(kept[0].trace->picks.at(0).chosen, static_cast<std::uint32_t>(first.back() - '0'));
  RequestSketch sketch;
  sketch.fields = {{"Host", "a"}, {"Cookie", "weir-endpoint=" + cookie}};
  const ExplainedRequest told = gateway_->proxy().explain(sketch);
  EXPECT_TRUE(told.pick.sticky);
  EXPECT_EQ(told.winners, std::vector<std::uint32_t>{kept[0].trace->picks[0].chosen});
  EXPECT_FALSE(gateway_->proxy().explain(RequestSketch{.fields = {{"Host", "a"}}}).pick.sticky);
}

TEST_F(StickyCookie, WeirsCookieDoesNotMakeARequestPersonal) {
  open([](config::Settings& s) {
    s.routes[0].fallback = config::Fallback{.last_good = config::LastGood{}};
  });
  const std::string cookie = cookie_of(ask(""));
  gateway_->origin().refuse = true;
  gateway_->origin().connections.clear();
  gateway_->proxy().close_idle();
  EXPECT_TRUE(has(ask(cookie), "weir-fallback: last_good"));
  EXPECT_EQ(status_of(ask(cookie, "Cookie: mine=1\r\n")), 502);
  EXPECT_EQ(cookie_of(ask(cookie)), "") << "nobody answered";
}

TEST_F(StickyCookie, AFallbackServiceSetsNone) {
  open([](config::Settings& s) { s.routes[0].fallback = config::Fallback{.service = "other"}; });
  gateway_->origin().refusing = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"};
  const std::string answer = ask("");
  EXPECT_TRUE(has(answer, "weir-fallback: service")) << answer;
  EXPECT_FALSE(has(answer, "Set-Cookie")) << answer;
}

}  // namespace sticky_test
}  // namespace weir::gateway
