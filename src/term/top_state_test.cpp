#include "term/top_state.hpp"

#include <gtest/gtest.h>

namespace weir::term::top_state_test {

TopState type(TopState state, std::string_view keys) {
  for (const char key : keys) {
    state = press(state, {Key::character, std::string(1, key)}, 10);
  }
  return state;
}

TEST(TopState, EachKeyDoesItsThing) {
  EXPECT_TRUE(type({}, "q").is_over);
  EXPECT_TRUE(type({}, "p").is_paused);
  EXPECT_FALSE(type({}, "pp").is_paused);
  EXPECT_FALSE(type({}, "e").shows_endpoints);
  EXPECT_EQ(type({}, "s").sort, TopSort::rate);
  EXPECT_EQ(type({}, "ss").sort, TopSort::latency);
  EXPECT_EQ(type({}, "ssss").sort, TopSort::configured);
  EXPECT_EQ(type({}, "jjjk").offset, 2u);
  EXPECT_EQ(type({}, "kkk").offset, 0u);
  EXPECT_EQ(press({}, {Key::page_down, ""}, 7).offset, 7u);
  EXPECT_EQ(press(press({}, {Key::page_down, ""}, 7), {Key::up, ""}, 7).offset, 6u);
  EXPECT_GT(press({}, {Key::end, ""}, 7).offset, 1000u);
  EXPECT_EQ(press(type({}, "G"), {Key::home, ""}, 7).offset, 0u);
  EXPECT_EQ(type({}, "xyz").offset, 0u);
}

TEST(TopState, TheFilterTakesEveryKeyUntilItIsLeft) {
  TopState state = type({}, "/qp");
  EXPECT_TRUE(state.is_filtering);
  EXPECT_FALSE(state.is_over);
  EXPECT_EQ(state.filter, "qp");
  state = press(state, {Key::character, "é"}, 10);
  state = press(state, {Key::backspace, ""}, 10);
  EXPECT_EQ(state.filter, "qp");  // a whole code point went
  const TopState kept = press(state, {Key::enter, ""}, 10);
  EXPECT_FALSE(kept.is_filtering);
  EXPECT_EQ(kept.filter, "qp");
  EXPECT_TRUE(type(kept, "q").is_over);
  EXPECT_EQ(press(kept, {Key::escape, ""}, 10).filter, "");
  EXPECT_EQ(press(state, {Key::escape, ""}, 10).filter, "");
  EXPECT_EQ(type({}, "/" + std::string(500, 'x')).filter.size(), 64u);
  EXPECT_EQ(press(type({}, "/"), {Key::backspace, ""}, 10).filter, "");
}

TEST(TopState, TheFilterIgnoresCase) {
  TopState state;
  EXPECT_TRUE(passes(state, "anything"));
  state.filter = "WEB";
  EXPECT_TRUE(passes(state, "my-web-server"));
  EXPECT_FALSE(passes(state, "payment"));
  EXPECT_FALSE(passes(state, ""));
}

}  // namespace weir::term::top_state_test
