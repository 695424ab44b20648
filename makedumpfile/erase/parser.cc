// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cctype>
#include <span>

#include "common/text.h"
#include "makedumpfile/erase/lexer.h"

namespace kdump {
namespace {

constexpr std::string_view kKeywords[] = {"erase", "for", "in", "endfor", "size", "nullify", "via", "within"};
constexpr std::string_view kDefaultMember = "list";

bool is_keyword(std::string_view word) { return std::ranges::find(kKeywords, word) != std::end(kKeywords); }

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool is_name(std::string_view word) {
  const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !word.empty() && !is_digit(word[0]) && std::ranges::all_of(word, part);
}

std::optional<uint64_t> number_of_bytes(std::string_view word) {
  unsigned shift = 0;
  if (word.ends_with('K') || word.ends_with('k')) shift = 10;
  if (word.ends_with('M') || word.ends_with('m')) shift = 20;
  if (shift != 0) word.remove_suffix(1);
  const auto number = parse_u64(word);
  if (!number || *number == 0 || *number > kMaxErasedBytes >> shift) return std::nullopt;
  return *number << shift;
}

class Parser {
 public:
  Parser(std::span<const RuleWord> words, const std::string& file) : words_(words), file_(file) {}

  Result<std::vector<EraseRule>> parse() {
    std::vector<EraseRule> rules;
    std::string module(kVmlinuxSection);
    RulePlace module_place{1, 1};
    for (; next().kind != RuleWord::Kind::end;) {
      if (next().kind == RuleWord::Kind::section) {
        module = next().text;
        module_place = take().place;
        continue;
      }
      EraseRule rule = TRY(command());
      rule.module = module;
      rule.module_place = module_place;
      rules.push_back(std::move(rule));
    }
    return rules;
  }

 private:
  [[nodiscard]] const RuleWord& next() const { return words_.front(); }

  // The end stays.
  RuleWord take() {
    const RuleWord word = words_.front();
    if (word.kind != RuleWord::Kind::end) words_ = words_.subspan(1);
    return word;
  }

  bool take_if(std::string_view keyword) {
    if (next().kind != RuleWord::Kind::word || next().text != keyword) return false;
    take();
    return true;
  }

  [[nodiscard]] Failure expected(std::string_view what) const {
    const RuleWord& found = next();
    if (found.kind == RuleWord::Kind::end)
      return fail_at(file_, found.place, "the file ends where {} belongs", what);
    if (found.kind == RuleWord::Kind::section)
      return fail_at(file_, found.place, "section [{}] begins where {} belongs", found.text, what);
    return fail_at(file_, found.place, "'{}' where {} belongs", found.text, what);
  }

  Result<RuleWord> word(std::string_view what) {
    if (next().kind != RuleWord::Kind::word || is_keyword(next().text)) return expected(what);
    return take();
  }

  Result<std::string> name(std::string_view what) {
    const RulePlace place = next().place;
    const RuleWord found = TRY(word(what));
    if (!is_name(found.text)) return fail_at(file_, place, "'{}' is no name, expected {}", found.text, what);
    return std::string(found.text);
  }

  [[nodiscard]] Result<RulePath> path_of(std::string_view text, RulePlace place,
                                         std::string_view what = "symbol with members") const {
    RulePath path{.names = {}, .place = place};
    for (const std::string_view part : split(text, '.')) {
      if (!is_name(part)) return fail_at(file_, place, "'{}' is no {} (NAME.NAME…)", text, what);
      path.names.emplace_back(part);
    }
    return path;
  }

  Result<RulePath> path(std::string_view what) {
    const RuleWord found = TRY(word(what));
    return path_of(found.text, found.place);
  }

  Result<EraseRule> command() {
    EraseRule rule;
    if (take_if("erase")) {
      rule.body.push_back(TRY(erase()));
      return rule;
    }
    const RulePlace place = next().place;
    if (!take_if("for")) return expected("'erase', 'for' or a section");
    rule.loop = TRY(loop_head(place));
    rule.body = TRY(loop_body(*rule.loop));
    return rule;
  }

  Result<EraseCommand> erase() {
    EraseCommand command;
    command.what = TRY(path("a symbol with members"));
    if (take_if("nullify")) {
      command.nullify = true;
    } else if (take_if("size")) {
      TRY(size(command));
    }
    return command;
  }

  Status size(EraseCommand& command) {
    constexpr std::string_view kWhat = "a number of bytes or a symbol that holds it";
    const RuleWord& found = next();
    if (found.kind == RuleWord::Kind::word && is_digit(found.text[0])) {
      command.bytes = number_of_bytes(found.text);
      if (!command.bytes)
        return fail_at(file_, found.place, "size '{}' is no number of bytes (1 to 1024M; 4096, 4K, 1M)",
                       found.text);
      take();
      return {};
    }
    command.size = TRY(path(kWhat));
    return {};
  }

  Result<LoopHead> loop_head(RulePlace place) {
    LoopHead head;
    head.place = place;
    head.variable = TRY(name("the loop's variable"));
    if (!take_if("in")) return expected("'in'");
    head.list = TRY(path("an array, a struct or a list_head"));
    if (take_if("via")) {
      head.via = TRY(path("the member that points to the next element"));
    } else if (take_if("within")) {
      TRY(within(head));
    }
    return head;
  }

  // STRUCT or STRUCT:MEMBER.
  Status within(LoopHead& head) {
    const RuleWord found = TRY(word("STRUCT:MEMBER"));
    const size_t colon = found.text.find(':');
    head.within = found.text.substr(0, colon);
    const std::string_view member =
        colon == std::string_view::npos ? kDefaultMember : found.text.substr(colon + 1);
    if (!is_name(head.within)) return fail_at(file_, found.place, "'{}' is no STRUCT:MEMBER", found.text);
    head.within_member = TRY(path_of(member, found.place, "member"));
    return {};
  }

  Result<std::vector<EraseCommand>> loop_body(const LoopHead& head) {
    std::vector<EraseCommand> body;
    while (!take_if("endfor")) {
      if (next().kind == RuleWord::Kind::word && next().text == "for")
        return fail_at(file_, next().place, "a loop in a loop, expected 'erase' or 'endfor'");
      if (!take_if("erase"))
        return expected(fmt::format("'erase' or the 'endfor' of the loop in line {}", head.place.line));
      body.push_back(TRY(erase()));
      const RulePath& what = body.back().what;
      if (what.names[0] != head.variable)
        return fail_at(file_, what.place, "'{}' does not begin with the loop's variable '{}'", what.text(),
                       head.variable);
    }
    return body;
  }

  std::span<const RuleWord> words_;
  const std::string& file_;
};

}  // namespace

std::string RulePath::text() const {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ".") + name;
  return text;
}

Result<EraseRules> parse_erase_rules(std::string_view text, std::string file) {
  EraseRules result{.file = std::move(file), .rules = {}};
  const std::vector<RuleWord> words = TRY(split_rules(text, result.file));
  result.rules = TRY(Parser(words, result.file).parse());
  return result;
}

}  // namespace kdump
