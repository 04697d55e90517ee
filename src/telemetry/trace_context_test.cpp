#include "telemetry/trace_context.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::telemetry {
namespace {

constexpr std::string_view kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, ReadsTheStandardsExample) {
  const auto context = parse_traceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context->span(), "00f067aa0ba902b7");
  EXPECT_TRUE(context->is_sampled());
  const auto text = format_traceparent(*context);
  EXPECT_EQ(std::string_view(text.data(), text.size()), kGood);
}

TEST(Traceparent, AcceptsLaterVersionsAndSends00) {
  for (const char* text : {
           "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes",
           "fe-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
       }) {
    const auto context = parse_traceparent(text);
    ASSERT_TRUE(context) << text;
    const auto out = format_traceparent(*context);
    EXPECT_EQ(std::string_view(out.data(), out.size()), kGood);
  }
}

TEST(Traceparent, RefusesWhatIsNotOne) {
  for (const char* text : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",  // 00 is exactly 55
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
           "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",  // no dash
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   // forbidden version
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",   // upper case
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
           "0A-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",  // zero ids
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
       }) {
    EXPECT_FALSE(parse_traceparent(text)) << text;
  }
}

TEST(Traceparent, EveryCutIsRefused) {
  for (std::size_t size = 0; size < kGood.size(); ++size) {
    EXPECT_FALSE(parse_traceparent(kGood.substr(0, size))) << size;
  }
}

TEST(Traceparent, UnknownFlagsAreNotPassedOn) {
  const auto context = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe");
  ASSERT_TRUE(context);
  EXPECT_FALSE(context->is_sampled());
  const auto out = format_traceparent(*context);
  EXPECT_TRUE(std::string_view(out.data(), out.size()).ends_with("-00"));
}

TEST(Trace, NewOnesAreValidAndChildrenKeepTheTrace) {
  base::Rng rng(1);
  for (int i = 0; i < 1000; ++i) {
    const TraceContext trace = new_trace(rng, i % 2 == 0);
    const auto text = format_traceparent(trace);
    const auto back = parse_traceparent({text.data(), text.size()});
    ASSERT_TRUE(back);
    EXPECT_EQ(back->is_sampled(), i % 2 == 0);
    const TraceContext child = child_of(trace, rng);
    EXPECT_EQ(child.trace_id, trace.trace_id);
    EXPECT_NE(child.span_id, trace.span_id);
  }
}

TEST(Tracestate, UpTo32MembersAreForwarded) {
  EXPECT_TRUE(tracestate_is_forwardable("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
  EXPECT_TRUE(tracestate_is_forwardable("a=1, ,b=2,"));
  EXPECT_FALSE(tracestate_is_forwardable(""));
  EXPECT_FALSE(tracestate_is_forwardable(" , "));
  std::string members = "k0=v";
  for (int i = 1; i < 32; ++i) members += ",k" + std::to_string(i) + "=v";
  EXPECT_TRUE(tracestate_is_forwardable(members));
  EXPECT_FALSE(tracestate_is_forwardable(members + ",k32=v"));
}

}  // namespace
}  // namespace weir::telemetry
