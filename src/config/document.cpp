#include "config/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <istream>
#include <streambuf>
#include <unordered_map>

#include "config/source.hpp"

namespace weir::config {
namespace {

// Thrown by the builder to leave the library's recursion; never passes parse_document.
struct Stop {
  Place place;
  std::string message;
};

// A stream over bytes that stay where they are.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: a get area is only read
    setg(begin, begin, begin + text.size());
  }
};

// A list or map that is being read.
struct Frame {
  Node node;
  bool is_map = false;
  bool flow = false;    // [ ] or { }
  bool faulty = false;  // refused as a whole; its children are read and dropped
  // Of a map: the key whose value is awaited, and the line where each key stood first.
  std::optional<Member> member;
  bool member_faulty = false;
  std::unordered_map<std::string, int> lines;
};

// Events of the library → tree. Everything outside the subset is reported here.
class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, Problems& problems) : source_(source), problems_(problems) {}

  Node take_root() { return std::move(root_); }

  /// Where the innermost open `[` or `{` stands, to blame it when it is never closed.
  std::optional<Place> open_bracket() const {
    if (frames_.empty() || !frames_.back().flow) return std::nullopt;
    return frames_.back().node.place;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const bool separated = rest(mark).starts_with("---");
    throw Stop{place(mark), separated ? "a second document: a file holds one"
                                      : "text after the end of the document"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.place = place(mark);
    if (anchor != 0) refuse_anchor(node);
    // The library puts `key:` without a value at the next token; people look at the key.
    if (!frames_.empty() && frames_.back().member && !is_null_word(mark)) {
      node.place = frames_.back().member->place;
    }
    finish(std::move(node), true);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node;
    node.place = place(mark);
    refuse(node, "aliases are not read: write the value out");
    finish(std::move(node), false);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.shape = Shape::scalar;
    node.place = place(mark);
    node.quoted = tag == "!";
    node.text = value;
    if (anchor != 0) {
      refuse_anchor(node);
    } else if (rest(mark).starts_with('!') || (tag != "!" && tag != "?")) {
      refuse(node, "tags are not read");
    } else if (node.quoted && !source_.is_closed_quote(offset(mark))) {
      throw Stop{node.place, "this quote is not closed on its line"};
    }
    finish(std::move(node), true);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    start(Shape::list, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    start(Shape::map, mark, tag, anchor, style);
  }
  void OnMapEnd() override { end(); }

 private:
  std::size_t offset(const YAML::Mark& mark) const {
    return source_.offset(mark.line, mark.column);
  }
  Place place(const YAML::Mark& mark) const { return source_.place(offset(mark)); }
  // The text from here on, at least one byte: "\0" stands for the end.
  std::string_view rest(const YAML::Mark& mark) const {
    const auto text = source_.text().substr(offset(mark));
    return text.empty() ? std::string_view("\0", 1) : text;
  }

  // Whether `~` or `null` stands here, as a value and not as the next key.
  bool is_null_word(const YAML::Mark& mark) const {
    const std::string_view word = rest(mark);
    const Place key = frames_.back().member->place;
    const bool inside = place(mark).line == key.line || place(mark).column > key.column;
    return inside && (word.starts_with('~') || word.substr(1).starts_with("ull") ||
                      word.substr(1).starts_with("ULL"));
  }

  void refuse(Node& node, std::string_view why) {
    problems_.error(node.place, why);
    node.shape = Shape::faulty;
  }
  void refuse_anchor(Node& node) { refuse(node, "anchors are not read: write the value out"); }

  void start(Shape shape, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             YAML::EmitterStyle::value style) {
    Frame frame;
    frame.node.shape = shape;
    frame.node.place = place(mark);
    frame.is_map = shape == Shape::map;
    frame.flow = style == YAML::EmitterStyle::Flow;
    if (static_cast<int>(frames_.size()) >= kDepthMax) {
      throw Stop{frame.node.place, fmt::format("nested more than {} deep", kDepthMax)};
    }
    if (anchor != 0) {
      refuse_anchor(frame.node);
    } else if (!tag.empty() && tag != "?") {
      refuse(frame.node, "tags are not read");
    }
    frame.faulty = frame.node.shape == Shape::faulty;
    frames_.push_back(std::move(frame));
  }

  void end() {
    Node node = std::move(frames_.back().node);
    frames_.pop_back();
    finish(std::move(node), false);
  }

  // Hands a complete value to the container it stands in.
  void finish(Node node, bool can_be_key) {
    if (++nodes_ > kNodesMax) {
      throw Stop{node.place, fmt::format("more than {} values in one file", kNodesMax)};
    }
    if (frames_.empty()) {
      root_ = std::move(node);
    } else if (Frame& frame = frames_.back(); !frame.is_map) {
      if (!frame.faulty) frame.node.items.push_back(std::move(node));
    } else if (!frame.member) {
      take_key(frame, std::move(node), can_be_key);
    } else {
      frame.member->value = std::move(node);
      if (!frame.faulty && !frame.member_faulty) {
        frame.node.members.push_back(std::move(*frame.member));
      }
      frame.member.reset();
    }
  }

  void take_key(Frame& frame, Node key, bool can_be_key) {
    frame.member_faulty = key.shape == Shape::faulty;
    if (!frame.member_faulty && (!can_be_key || key.shape != Shape::scalar || key.text.empty())) {
      problems_.error(key.place, fmt::format("a key must be text, found {}", found(key)));
      frame.member_faulty = true;
    }
    if (!frame.member_faulty) {
      const auto [first, inserted] = frame.lines.emplace(key.text, key.place.line);
      if (!inserted) {
        problems_.error(key.place, fmt::format("'{}' is here a second time, first on line {}",
                                               clipped(key.text), first->second));
        frame.member_faulty = true;
      }
    }
    frame.member = Member{std::move(key.text), key.place, {}};
  }

  const Source& source_;
  Problems& problems_;
  std::vector<Frame> frames_;
  Node root_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// The library's messages that a newcomer meets, in words that say what to do.
struct Wording {
  std::string_view library;
  std::string_view ours;
};
constexpr std::array kWordings = {
    Wording{"illegal map value",
            "a ':' cannot stand here; is the indentation right, and is there a space after each "
            "':' above?"},
    Wording{"illegal block entry", "a '- ' cannot stand here; put it on a line of its own"},
    Wording{"illegal flow end", "this bracket closes none that is open"},
    Wording{"end of map not found",
            "this line does not belong to the map above; is the indentation right?"},
    Wording{"end of sequence not found",
            "this line does not belong to the list above; is the indentation right?"},
    Wording{"unknown token", "text cannot begin with this character: quote it"},
    Wording{"the referenced anchor is not defined", "aliases are not read: write the value out"},
};

void report_syntax(const YAML::Exception& exception, const Builder& builder, const Source& source,
                   Problems& problems) {
  const std::string_view text = exception.msg;
  const Place at = source.place(source.offset(exception.mark.line, exception.mark.column));
  if (const auto tab = source.indenting_tab(at)) {
    problems.error(*tab, "a tab in the indentation; YAML is indented with spaces");
    return;
  }
  const bool flow = text.find("flow not found") != std::string_view::npos;
  if (const auto bracket = builder.open_bracket(); flow && bracket) {
    problems.error(*bracket, "this bracket is never closed, or a comma is missing inside");
    return;
  }
  for (const Wording& wording : kWordings) {
    if (text == wording.library) return problems.error(at, wording.ours);
  }
  problems.error(at, fmt::format("not YAML: {}", text));
}

}  // namespace

std::optional<Node> parse_document(std::string_view text, Problems& problems) {
  const Source source(text);
  if (!source.check(problems)) return std::nullopt;
  Builder builder(source, problems);
  try {
    ViewBuffer buffer(source.text());
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
  } catch (const Stop& stop) {
    problems.error(stop.place, stop.message);
  } catch (const YAML::Exception& exception) {
    report_syntax(exception, builder, source, problems);
  } catch (const std::exception& exception) {
    problems.error({1, 1}, fmt::format("not YAML: {}", exception.what()));
  }
  return std::nullopt;
}

}  // namespace weir::config
