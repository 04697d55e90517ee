#include "term/top_frame.hpp"

#include <gtest/gtest.h>

#include "term/golden_fixture.hpp"
#include "term/text_width.hpp"
#include "term/traffic_fixture.hpp"

namespace weir::term::top_frame_test {

// The fixture's traffic after 45 seconds of other rates.
struct Seen {
  Traffic traffic = fixture();
  RateHistory history{std::chrono::seconds(1)};
  TopState state;

  Seen() {
    Traffic before = traffic;
    for (int second = 0; second < 45; ++second) {
      before.services[0].load.rps = 100.0 * (second % 12);
      before.services[0].endpoints[0].load.rps = second;
      history.add(before);
    }
  }
  TopFrame frame(Size size, const std::string& trouble = "") const {
    return top_frame({traffic, history, state, "127.0.0.1:9900", trouble}, size);
  }
  std::string text(Size size) const { return to_text(frame(size).lines, false); }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(TopFrame, At80And200Columns) {
  const Seen seen;
  expect_golden("top_80", seen.text({80, 24}));
  expect_golden("top_200", seen.text({200, 24}));
}

TEST(TopFrame, IsNeverLargerThanItsScreen) {
  Seen seen;
  seen.traffic.services[0].endpoints[0].name = "an endpoint with a very long name, 漢字 and é";
  for (std::size_t columns = 0; columns < 220; columns += 3) {
    for (std::size_t rows = 1; rows < 20; ++rows) {
      const TopFrame frame = seen.frame({columns, rows}, "no answer");
      EXPECT_EQ(frame.lines.size(), rows);
      for (const Line& line : frame.lines) EXPECT_LE(columns_of(line), columns);
    }
  }
}

TEST(TopFrame, APrintedFrameHasEveryLineAndNoKeys) {
  const Seen seen;
  const std::string text = seen.text({200, 0});
  EXPECT_TRUE(has(text, "payment-service-2"));
  EXPECT_FALSE(has(text, "quit"));
}

TEST(TopFrame, SortsServicesAndTheirEndpoints) {
  Seen seen;
  seen.state.sort = TopSort::errors;
  const std::string errors = seen.text({80, 24});
  EXPECT_LT(errors.find("payment-service"), errors.find("web-server"));
  EXPECT_TRUE(has(errors, "by errors"));
  seen.state.sort = TopSort::latency;
  const std::string latency = seen.text({80, 24});
  EXPECT_LT(latency.find("web-server-2"), latency.find("web-server-1"));
}

TEST(TopFrame, TheFilterKeepsTheServiceOfAnEndpoint) {
  Seen seen;
  seen.state.filter = "ICE-2";
  const std::string text = seen.text({80, 24});
  EXPECT_TRUE(has(text, "payment-service-2"));
  EXPECT_FALSE(has(text, "payment-service-1"));
  EXPECT_FALSE(has(text, "web-server"));
  seen.state.filter = "nobody";
  EXPECT_TRUE(has(seen.text({80, 24}), "nothing of that name"));
}

TEST(TopFrame, EndpointsCanBeHidden) {
  Seen seen;
  seen.state.shows_endpoints = false;
  EXPECT_FALSE(has(seen.text({80, 24}), "web-server-1"));
  EXPECT_TRUE(has(seen.text({80, 24}), "web-server"));
}

TEST(TopFrame, ScrollsNoFurtherThanThereIs) {
  Seen seen;
  seen.state.offset = 1'000;
  const TopFrame frame = seen.frame({80, 10});
  EXPECT_EQ(frame.page, 4u);
  EXPECT_EQ(frame.offset, 5u);  // nine lines of table
  EXPECT_TRUE(has(to_text(frame.lines, false), "back in 21 s"));
  EXPECT_EQ(seen.frame({80, 40}).offset, 0u);
}

TEST(TopFrame, SaysWhatItIsDoing) {
  Seen seen;
  seen.state.is_paused = true;
  EXPECT_TRUE(has(seen.text({80, 24}), "paused"));
  seen.state.is_filtering = true;
  seen.state.filter = "web";
  EXPECT_TRUE(has(seen.text({80, 24}), "/web_"));
  EXPECT_TRUE(
      has(to_text(seen.frame({80, 24}, "no answer for 3 s").lines, false), "no answer for 3 s"));
}

TEST(RateHistory, KeepsAMinuteOfWhatIsThere) {
  Traffic traffic = fixture();
  RateHistory history(std::chrono::seconds(1));
  EXPECT_EQ(history.slots(), 60u);
  for (int i = 0; i < 70; ++i) {
    traffic.services[0].load.rps = i;
    history.add(traffic);
  }
  EXPECT_EQ(history.of("web-server", "").size(), 60u);
  EXPECT_EQ(history.of("web-server", "").back(), 69);
  EXPECT_EQ(history.of("web-server", "").front(), 10);
  traffic.services.pop_back();
  history.add(traffic);
  EXPECT_TRUE(history.of("payment-service", "").empty());
  EXPECT_TRUE(history.of("payment-service", "payment-service-1").empty());
  EXPECT_EQ(RateHistory(std::chrono::milliseconds(1)).slots(), RateHistory::kSlotsMax);
  EXPECT_EQ(RateHistory(std::chrono::hours(1)).slots(), 2u);
  EXPECT_EQ(RateHistory(base::Duration{}).slots(), RateHistory::kSlotsMax);
}

}  // namespace weir::term::top_frame_test
