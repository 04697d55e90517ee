#include "admin/page.hpp"

#include <gtest/gtest.h>

namespace weir::admin::page_test {
namespace {

TEST(Page, NumbersAreTakenOrTheParameterIsNamed) {
  struct Row {
    std::string_view query;
    std::int64_t number;  // -1: refused
  };
  for (const Row& row :
       {Row{"", 7}, Row{"a=3", 7}, Row{"limit=1", 1}, Row{"a=b&limit=20", 20},
        Row{"limit=1000", 1000}, Row{"limit=3&limit=4", 3}, Row{"limit=", -1}, Row{"limit", -1},
        Row{"limit=0", -1}, Row{"limit=1001", -1}, Row{"limit=-1", -1}, Row{"limit=+1", -1},
        Row{"limit=1.0", -1}, Row{"limit=0x1", -1}, Row{"limit=%31", 1},
        Row{"limit=99999999999999999999", -1}}) {
    const auto got = number_in(row.query, "limit", 1, 1000, 7);
    EXPECT_EQ(got.value_or(-1), row.number) << row.query;
    if (!got) EXPECT_EQ(got.error().detail(), "limit: not a number from 1 to 1000");
  }
}

TEST(Page, AListIsCutAndSaysWhatIsNext) {
  struct Row {
    Page page;
    const char* text;
  };
  for (const Row& row :
       {Row{{2, 0}, R"({"all":[0,1],"total":3,"limit":2,"offset":0,"nextOffset":2})"},
        Row{{2, 2}, R"({"all":[2],"total":3,"limit":2,"offset":2,"nextOffset":null})"},
        Row{{3, 0}, R"({"all":[0,1,2],"total":3,"limit":3,"offset":0,"nextOffset":null})"},
        Row{{1, 3}, R"({"all":[],"total":3,"limit":1,"offset":3,"nextOffset":null})"},
        Row{{1, 9}, R"({"all":[],"total":3,"limit":1,"offset":9,"nextOffset":null})"}}) {
    base::json::object out{{"all", base::json::array{0, 1, 2}}};
    cut_to_page(out, "all", row.page);
    EXPECT_EQ(base::to_text(out), row.text);
  }
}

}  // namespace
}  // namespace weir::admin::page_test
