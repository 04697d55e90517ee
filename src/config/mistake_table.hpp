#pragma once
// Mistake table: tests of mistakes in a configuration are rows of text, place and words.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace weir::config {

/// A row is the part of the file that is wrong; the other sections are added after it. Each row
/// gives exactly one problem: a mistake must not cause complaints elsewhere.
struct Mistake {
  const char* text;
  const char* place;
  const char* needle;
};

inline std::string complete(std::string text) {
  const auto lacks = [&](const std::string& section) {
    return !text.starts_with(section) && text.find("\n" + section) == std::string::npos;
  };
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  if (lacks("listeners:")) text += "listeners: { web: { bind: \"127.0.0.1:0\" } }\n";
  if (lacks("services:"))
    text += "services: { app: { discovery: [ static: [\"10.0.0.1:80\"] ] } }\n";
  if (lacks("routes:")) text += "routes: [ { service: app } ]\n";
  return text;
}

inline void expect_all(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    SCOPED_TRACE(mistake.text);
    const LoadResult result = load_text(complete(mistake.text), "weir.yaml");
    ASSERT_EQ(result.problems.size(), 1u) << to_text(result.problems);
    const Problem& problem = result.problems.front();
    EXPECT_EQ(fmt::format("{}:{}", problem.line, problem.column), mistake.place)
        << to_text(problem);
    EXPECT_NE(problem.message.find(mistake.needle), std::string::npos) << to_text(problem);
    EXPECT_EQ(result.settings, nullptr);
  }
}

/// One value that is wrong; the place is its own.
struct KeyMistake {
  const char* before;  ///< up to the value, such as "breaker: { failures: "
  const char* value;
  const char* needle;
};

/// Rows of one kind, inside `frame`, in which '@' stands for before and value; the brackets that
/// `before` opens are closed.
inline void expect_keys(std::string_view frame, const std::vector<KeyMistake>& rows) {
  const std::size_t mark = frame.find('@');
  for (const KeyMistake& row : rows) {
    const std::string head = std::string(frame.substr(0, mark)) + row.before;
    std::string text = head + row.value + " ";
    const std::string_view before = row.before;
    text.append(std::ranges::count(before, '{') - std::ranges::count(before, '}'), '}');
    text += frame.substr(mark + 1);
    const std::string place = fmt::format("1:{}", head.size() + 1);
    expect_all({{text.c_str(), place.c_str(), row.needle}});
  }
}

}  // namespace weir::config
