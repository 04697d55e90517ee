// The pure parts of the live feed: what clients say, what channels tell, what waits for a slow one.
#include <gtest/gtest.h>

#include "admin/live_channel.hpp"
#include "admin/live_queue.hpp"
#include "admin/live_request.hpp"
#include "admin/live_state.hpp"
#include "base/json.hpp"
#include "http/ws_frame.hpp"

namespace weir::admin::live_test {

using Shape = LiveChannel::Shape;

// The JSON of a frame of ours, or null.
base::json::value json_of(const LiveFrame& frame) {
  if (!frame) return nullptr;
  const auto marker = static_cast<unsigned char>((*frame)[1]);
  const auto parsed = base::parse_json(frame->substr(marker < 126 ? 2 : (marker == 126 ? 4 : 10)));
  EXPECT_TRUE(parsed) << *frame;
  return parsed ? *parsed : nullptr;
}

std::string data_of(const LiveFrame& frame) {
  const auto value = json_of(frame);
  return value.is_null() ? "nothing" : base::to_text(value.as_object().at("data"));
}

LiveFrame text_frame(std::size_t size) { return std::make_shared<const std::string>(size, 'x'); }

TEST(LiveChannel, TellsWhatChangedAndWhatIsGone) {
  LiveChannel services(LiveTopic::services, Shape::list);
  EXPECT_EQ(data_of(services.snapshot()), "[]");
  EXPECT_EQ(data_of(services.update({{"1", R"({"n":1})"}, {"2", R"({"n":2})"}}, 0)),
            R"({"changed":[{"n":1},{"n":2}],"removed":[]})");
  EXPECT_EQ(services.update({{"1", R"({"n":1})"}, {"2", R"({"n":2})"}}, 1'000), nullptr);
  EXPECT_EQ(services.sequence(), 1u);
  EXPECT_EQ(data_of(services.update({{"2", R"({"n":3})"}, {"3", R"({"n":4})"}}, 2'000)),
            R"({"changed":[{"n":3},{"n":4}],"removed":[1]})");
  const auto snapshot = json_of(services.snapshot());
  EXPECT_EQ(base::to_text(snapshot),
            R"({"channel":"services","seq":2,"type":"snapshot","time":"1970-01-01T00:00:02.000Z",)"
            R"("data":[{"n":3},{"n":4}]})");
  EXPECT_EQ(services.snapshot(), services.snapshot()) << "made once";
  EXPECT_EQ(data_of(services.update({}, 3'000)), R"({"changed":[],"removed":[2,3]})");
}

TEST(LiveChannel, AnObjectTellsItsMembers) {
  LiveChannel overview(LiveTopic::overview, Shape::object);
  overview.update({{"\"a\"", "1"}, {"\"b\"", "2"}}, 0);
  EXPECT_EQ(data_of(overview.snapshot()), R"({"a":1,"b":2})");
  EXPECT_EQ(data_of(overview.update({{"\"a\"", "1"}, {"\"b\"", "3"}}, 0)),
            R"({"changed":{"b":3},"removed":[]})");
  EXPECT_EQ(data_of(overview.update({{"\"b\"", "3"}}, 0)), R"({"changed":{},"removed":["a"]})");
}

TEST(LiveChannel, ALogGrowsAndKeepsTheNewest) {
  LiveChannel logs(LiveTopic::logs, Shape::log);
  EXPECT_EQ(logs.update({}, 0), nullptr);
  EXPECT_EQ(data_of(logs.update({{"1", "1"}}, 0)), R"({"entries":[1],"skipped":0})");
  EXPECT_EQ(data_of(logs.update({{"5", "5"}}, 0, 3)), R"({"entries":[5],"skipped":3})");
  EXPECT_EQ(data_of(logs.snapshot()), R"({"entries":[1,5],"skipped":0})");
  std::vector<LiveItem> many(LiveChannel::kLogKept + 50, {"9", "9"});
  logs.update(many, 0);
  const auto snapshot = json_of(logs.snapshot());
  EXPECT_EQ(snapshot.as_object().at("data").as_object().at("entries").as_array().size(),
            LiveChannel::kLogKept);
  EXPECT_EQ(logs.sequence(), 3u);
}

TEST(LiveTopics, HaveNames) {
  for (std::size_t i = 0; i < kLiveTopics.size(); ++i) {
    EXPECT_EQ(parse_live_topic(kLiveTopics[i]), static_cast<LiveTopic>(i));
  }
  EXPECT_EQ(parse_live_topic("nothing"), std::nullopt);
}

TEST(LiveQueue, ASubscriberGetsASnapshotThenDeltas) {
  LiveQueue queue;
  EXPECT_FALSE(queue.pop());
  queue.delta(LiveTopic::logs, text_frame(1));
  EXPECT_FALSE(queue.pop()) << "not subscribed";
  EXPECT_TRUE(queue.subscribe(LiveTopic::logs));
  EXPECT_FALSE(queue.subscribe(LiveTopic::logs));
  queue.delta(LiveTopic::logs, text_frame(1));
  EXPECT_EQ(queue.deltas(), 0u) << "the snapshot will have it";
  const auto first = queue.pop();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->frame, nullptr);
  EXPECT_EQ(first->topic, LiveTopic::logs);
  EXPECT_FALSE(queue.pop());
  const LiveFrame delta = text_frame(2);
  queue.delta(LiveTopic::logs, delta);
  ASSERT_TRUE(queue.notice(text_frame(3)));
  EXPECT_EQ(queue.pop()->frame->size(), 3u) << "notices first";
  EXPECT_EQ(queue.pop()->frame, delta);
  queue.delta(LiveTopic::logs, delta);
  EXPECT_TRUE(queue.unsubscribe(LiveTopic::logs));
  EXPECT_FALSE(queue.unsubscribe(LiveTopic::logs));
  EXPECT_FALSE(queue.pop());
}

TEST(LiveQueue, ASlowClientGetsOneSnapshotForAllItMissed) {
  for (const std::size_t size : {std::size_t{10}, LiveQueue::kBytesMax / 2}) {
    LiveQueue queue;
    for (const auto topic : {LiveTopic::services, LiveTopic::logs}) {
      queue.subscribe(topic);
      queue.pop();
    }
    for (int i = 0; i < 1'000; ++i) {
      queue.delta(LiveTopic::services, text_frame(size));
      EXPECT_LE(queue.deltas(), LiveQueue::kDeltasMax);
    }
    EXPECT_EQ(queue.deltas(), 0u) << size;
    EXPECT_EQ(queue.dropped(), (size == 10 ? LiveQueue::kDeltasMax : 2) + 1);
    queue.delta(LiveTopic::logs, text_frame(1));
    EXPECT_EQ(queue.pop()->topic, LiveTopic::logs) << "the other channel goes on";
    const auto next = queue.pop();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->frame, nullptr);
    EXPECT_EQ(next->topic, LiveTopic::services);
    EXPECT_FALSE(queue.pop()) << "one snapshot";
    queue.delta(LiveTopic::services, text_frame(10 * LiveQueue::kBytesMax));
    EXPECT_EQ(queue.deltas(), 1u) << "one delta always fits";
  }
}

TEST(LiveQueue, NoticesHaveABound) {
  LiveQueue queue;
  for (std::size_t i = 0; i < LiveQueue::kNoticesMax; ++i) EXPECT_TRUE(queue.notice(text_frame(1)));
  EXPECT_FALSE(queue.notice(text_frame(1)));
}

TEST(LiveRequest, IsReadStrictly) {
  struct Row {
    std::string_view text;
    int subscribe, unsubscribe;
    std::string_view mistake;
    std::optional<base::Errc> error;
  };
  using base::Errc;
  const Row rows[] = {
      {R"({"subscribe":["services"]})", 1, 0, "", {}},
      {R"({"subscribe":["services","logs"],"unsubscribe":["overview"]})", 2, 1, "", {}},
      {R"({"subscribe":[]})", 0, 0, "", {}},
      {R"({"subscribe":["nothing","logs"]})", 1, 0, "no channel 'nothing'; there are", {}},
      {"", 0, 0, "", Errc::bad_message},
      {"hello", 0, 0, "", Errc::bad_message},
      {R"({"subscribe":["logs"])", 0, 0, "", Errc::bad_message},
      {"[]", 0, 0, "", Errc::invalid_argument},
      {"{}", 0, 0, "", Errc::invalid_argument},
      {"null", 0, 0, "", Errc::invalid_argument},
      {R"({"subscribe":"logs"})", 0, 0, "", Errc::invalid_argument},
      {R"({"subscribe":[1]})", 0, 0, "", Errc::invalid_argument},
      {R"({"subscribe":["logs"],"more":1})", 0, 0, "", Errc::invalid_argument},
  };
  for (const Row& row : rows) {
    const auto got = parse_live_request(row.text);
    if (row.error) {
      ASSERT_FALSE(got) << row.text;
      EXPECT_EQ(got.error().code(), *row.error) << row.text;
      continue;
    }
    ASSERT_TRUE(got) << row.text;
    EXPECT_EQ(std::ssize(got->subscribe), row.subscribe) << row.text;
    EXPECT_EQ(std::ssize(got->unsubscribe), row.unsubscribe) << row.text;
    EXPECT_TRUE(got->mistake.starts_with(row.mistake)) << got->mistake;
    EXPECT_EQ(got->mistake.empty(), row.mistake.empty()) << row.text;
  }
  const auto error = json_of(live_error("say \"x\"\n"));
  EXPECT_EQ(base::to_text(error), R"({"type":"error","detail":"say \"x\"\n"})");
  std::string many = R"({"subscribe":["logs")";
  for (int i = 0; i < 32; ++i) many += R"(,"logs")";
  EXPECT_FALSE(parse_live_request(many + "]}"));
}

TEST(LiveState, IsTheJsonOfTheApi) {
  observe::TrafficView view;
  view.services.resize(1);
  view.services[0].number = 7;
  view.services[0].name = "web";
  view.services[0].endpoints.resize(1);
  view.services[0].endpoints[0].id = 3;
  const auto services = live_items(LiveTopic::services, view);
  ASSERT_EQ(services.size(), 1u);
  EXPECT_EQ(services[0].key, "7");
  EXPECT_NE(services[0].json.find(R"("name":"web")"), std::string::npos);
  const auto breakers = live_items(LiveTopic::breakers, view);
  ASSERT_EQ(breakers.size(), 2u);
  EXPECT_EQ(breakers[0].key, R"({"service":"web","endpointId":null})");
  EXPECT_EQ(breakers[1].key, R"({"service":"web","endpointId":3})");
  EXPECT_EQ(live_items(LiveTopic::algorithms, view)[0].key, "7");
  for (const LiveItem& each : live_items(LiveTopic::overview, view)) {
    EXPECT_TRUE(base::parse_json(each.key)) << each.key;
    EXPECT_NE(each.key, "\"time\"");
  }
  telemetry::NumberedEntry entry;
  entry.number = 9;
  entry.entry.component = "control";
  entry.entry.message = "it\n\"is\"";
  entry.entry.fields.emplace_back(telemetry::Field("service", "web"));
  entry.entry.fields.emplace_back(telemetry::Field("n", 3));
  EXPECT_EQ(live_item(entry).json,
            R"({"id":9,"time":"1970-01-01T00:00:00.000Z","level":"info","component":"control",)"
            R"("service":"web","message":"it\u000a\"is\"","fields":{"service":"web","n":3}})");
}

}  // namespace weir::admin::live_test
