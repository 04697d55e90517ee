#include "term/log_text.hpp"

#include <gtest/gtest.h>

namespace weir::term::log_text_test {

base::json::object object(std::string_view text) { return base::parse_json(text)->get_object(); }

TEST(LogText, AnEntryIsALine) {
  EXPECT_EQ(to_text(log_line(object(R"({"id":7,"time":"2026-11-21T08:00:00.000Z","level":"warn",
    "component":"control","service":"web","message":"ejected\u001b[2J",
    "fields":{"service":"web","endpoint":"web-2","by":null,"count":3}})")),
                    false),
            "2026-11-21T08:00:00.000Z warn  control web: ejected[2J endpoint=web-2 by=- count=3");
  EXPECT_EQ(to_text(log_line(object(R"({"service":"a","endpoint":"b","level":"info",
    "time":17,"component":"x","message":"m"})")),
                    false),
            "17 info  x a/b: m");
  EXPECT_EQ(to_text(log_line({}), false), "-        ");
}

TEST(LogText, AnyTableFitsAndTheFirstColumnStays) {
  const auto answer = object(R"({"columns":["id","name","a_long_title","last"],
    "rows":[[1,"one",null,true],[22,"a text that is longer than a narrow column",0.5,"x"],7]})");
  EXPECT_EQ(to_text(rows_table(answer, 1000), false),
            "id  name                                        a_long_title  last\n"
            "1   one                                         -             true\n"
            "22  a text that is longer than a narrow column  0.5           x\n"
            "\n");
  EXPECT_EQ(to_text(rows_table(answer, 24), false),
            "id name         a_long_…\n"
            "1  one          -\n"
            "22 a text that… 0.5\n"
            "\n"
            "not shown at this width…\n");
  EXPECT_EQ(rows_table({}, 80).size(), 1u);
}

}  // namespace weir::term::log_text_test
