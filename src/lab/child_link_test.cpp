#include "lab/child_link.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "runtime/manual_lane.hpp"

namespace weir::lab {
namespace {

using namespace std::chrono_literals;

struct Constant final : Reporter {
  void add_facts(base::json::object& facts) override {
    facts["requests"] = 7;
    facts["errors"] = 2;
  }
};

runtime::Task<int> stop(ChildLink& link) {
  auto stopping = link.stop();
  co_await stopping;
  co_return 0;
}

class ChildLinkTest : public testing::Test {
 protected:
  ChildLinkTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    parent_ = supervise::Fd(ends[0]);
    link_.emplace(lane_.lane(), supervise::Fd(ends[1]), reporter_, end_);
    link_->start();
  }
  ~ChildLinkTest() override { lane_.complete(stop(*link_)); }

  std::string read_all() {
    std::string out;
    std::array<char, 65536> room;
    for (ssize_t n = 0; (n = ::read(parent_.get(), room.data(), room.size())) > 0;) {
      out.append(room.data(), static_cast<std::size_t>(n));
    }
    return out;
  }
  void tell(std::string_view text) {
    ASSERT_EQ(::write(parent_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    lane_.run();
  }

  runtime::ManualLane lane_;
  Constant reporter_;
  runtime::CancelSource end_;
  supervise::Fd parent_;
  std::optional<ChildLink> link_;
};

TEST_F(ChildLinkTest, SaysReadyWithItsPort) {
  link_->ready(8081);
  EXPECT_EQ(read_all(), "{\"ready\":true,\"port\":8081}\n");
}

TEST_F(ChildLinkTest, SaysReadyWithoutAPortWhenItServesNobody) {
  link_->ready(0);
  EXPECT_EQ(read_all(), "{\"ready\":true}\n");
}

TEST_F(ChildLinkTest, ReportsOnceASecond) {
  lane_.advance(999ms);
  EXPECT_EQ(read_all(), "");
  lane_.advance(1ms);
  const auto message = base::parse_json(read_all());
  ASSERT_TRUE(message);
  const auto& facts = message->at("facts").as_object();
  EXPECT_GT(facts.at("rssBytes").to_number<std::int64_t>(), 1'000'000);
  EXPECT_GE(facts.at("cpuPercent").to_number<double>(), 0.0);
  EXPECT_EQ(facts.at("requests").to_number<int>(), 7);
  EXPECT_EQ(facts.at("errors").to_number<int>(), 2);
  lane_.advance(1s);
  EXPECT_NE(read_all(), "");
}

TEST_F(ChildLinkTest, DrainEndsTheProgramAlsoInPieces) {
  tell("{\"dr");
  tell("ain\":tr");
  EXPECT_FALSE(end_.requested());
  tell("ue}\n");
  EXPECT_TRUE(end_.requested());
}

TEST_F(ChildLinkTest, WhatItDoesNotUnderstandIsIgnored) {
  tell("not json\n{\"drain\":false}\n{\"drain\":\"yes\"}\n[1]\n\n{\"level\":\"debug\"}\n");
  tell(std::string(100'000, 'x') + "\n");
  EXPECT_FALSE(end_.requested());
  tell("{\"drain\":true}\n");
  EXPECT_TRUE(end_.requested());
}

TEST_F(ChildLinkTest, ParentGoneEndsTheProgram) {
  lane_.run();
  EXPECT_FALSE(end_.requested());
  parent_.reset();
  lane_.run();
  EXPECT_TRUE(end_.requested());
  lane_.advance(5s);  // reports find nobody, and that is no harm
}

TEST_F(ChildLinkTest, FullSocketDropsReportsAndNeverHalfALine) {
  for (int i = 0; i < 5000 && link_->dropped() < 3; ++i) lane_.advance(1s);
  EXPECT_GE(link_->dropped(), 3u);
  std::string all = read_all();
  lane_.advance(1s);
  all += read_all();
  ASSERT_TRUE(all.ends_with("\n"));
  std::size_t lines = 0;
  for (std::size_t at = 0; at < all.size(); ++lines) {
    const std::size_t line_end = all.find('\n', at);
    ASSERT_TRUE(base::parse_json(std::string_view(all).substr(at, line_end - at)));
    at = line_end + 1;
  }
  EXPECT_GT(lines, 100u);
}

TEST(ChildLink, WithoutASupervisorDoesNothing) {
  ::unsetenv("WEIR_CONTROL_FD");
  EXPECT_FALSE(control_from_environment());
  runtime::ManualLane lane;
  Constant reporter;
  runtime::CancelSource end;
  ChildLink link(lane, {}, reporter, end);
  EXPECT_FALSE(link.is_supervised());
  link.start();
  link.ready(1);
  link.report();
  lane.advance(10s);
  EXPECT_FALSE(end.requested());
  lane.complete(stop(link));
}

TEST(ChildLink, BadDescriptorNumbersAreNone) {
  for (const char* text : {"", "x", "-1", "99999", "99999999999"}) {
    ::setenv("WEIR_CONTROL_FD", text, 1);
    EXPECT_FALSE(control_from_environment()) << text;
  }
  ::unsetenv("WEIR_CONTROL_FD");
}

}  // namespace
}  // namespace weir::lab
