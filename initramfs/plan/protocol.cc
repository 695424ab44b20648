// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/plan/protocol.h"

#include <nlohmann/json.hpp>
#include <span>

namespace kdump::protocol {
namespace {

using nlohmann::json;

template <typename E>
struct Word {
  E value;
  const char* text;
};

constexpr Word<Mode> kModes[] = {
    {Mode::dump, "dump"},
    {Mode::log, "log"},
    {Mode::finish, "finish"},
    {Mode::console_log, "console_log"},
};

constexpr Word<IfFull> kIfFull[] = {
    {IfFull::give_up, "give_up"},
    {IfFull::smaller, "smaller"},
};

constexpr Word<EventKind> kKinds[] = {
    {EventKind::directory, "directory"}, {EventKind::step, "step"},   {EventKind::progress, "progress"},
    {EventKind::note, "note"},           {EventKind::saved, "saved"}, {EventKind::summary, "summary"},
    {EventKind::failed, "failed"},       {EventKind::done, "done"},
};

struct TextKey {
  const char* name;
  std::string Request::* member;
};

constexpr TextKey kRequestKeys[] = {
    {"plan", &Request::plan},
    {"config", &Request::config},
    {"vmcore", &Request::vmcore},
    {"directory", &Request::directory},
    {"dump_directory", &Request::dump_directory},
    {"result", &Request::result},
};

struct NumberKey {
  const char* name;
  uint64_t Summary::* member;
};

constexpr NumberKey kSummaryKeys[] = {
    {"pages_total", &Summary::pages_total},         {"pages_written", &Summary::pages_written},
    {"bytes_written", &Summary::bytes_written},     {"page_size", &Summary::page_size},
    {"classify_ms", &Summary::classify_ms},         {"copy_ms", &Summary::copy_ms},
    {"requested_level", &Summary::requested_level}, {"dump_level", &Summary::dump_level},
};

struct ClassesKey {
  const char* name;
  std::vector<std::pair<std::string, uint64_t>> Summary::* member;
};

constexpr ClassesKey kClassesKeys[] = {{"classes", &Summary::classes}, {"rescued", &Summary::rescued}};

constexpr size_t kMaxClasses = 32;
constexpr size_t kMaxReasons = 64;

template <typename E>
std::string_view word_of(std::span<const Word<E>> words, E value) {
  for (const Word<E>& word : words) {
    if (word.value == value) return word.text;
  }
  return "unknown";
}

template <typename E>
Result<E> value_of(std::span<const Word<E>> words, std::string_view text, const char* what) {
  for (const Word<E>& word : words) {
    if (word.text == text) return word.value;
  }
  return fail(ErrorKind::corrupt, "unknown {} '{}'", what, text.substr(0, 40));
}

Result<json> parse_object(std::string_view text) {
  json value = json::parse(text, nullptr, false);
  if (!value.is_object()) return fail(ErrorKind::corrupt, "not a JSON object");
  return value;
}

// A key that is absent reads as empty, one of another type is an error.
Result<std::string> text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return std::string();
  if (!found->is_string()) return fail(ErrorKind::corrupt, "{}: not a string", name);
  return found->get_ref<const std::string&>();
}

Result<uint64_t> number_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return 0;
  if (!found->is_number_unsigned()) return fail(ErrorKind::corrupt, "{}: not a number", name);
  return found->get<uint64_t>();
}

std::string printed(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json summary_to_json(const Summary& summary) {
  json object = json::object();
  for (const NumberKey& key : kSummaryKeys) object[key.name] = summary.*key.member;
  object["reasons"] = summary.reasons;
  for (const ClassesKey& key : kClassesKeys) {
    json classes = json::array();
    for (const auto& [name, pages] : summary.*key.member)
      classes.push_back({{"name", name}, {"pages", pages}});
    object[key.name] = std::move(classes);
  }
  return object;
}

Result<std::vector<std::pair<std::string, uint64_t>>> classes_of(const json& object, const char* key) {
  std::vector<std::pair<std::string, uint64_t>> classes;
  const auto found = object.find(key);
  if (found == object.end()) return classes;
  if (!found->is_array() || found->size() > kMaxClasses)
    return fail(ErrorKind::corrupt, "{}: not an array of at most {}", key, kMaxClasses);
  for (const json& item : *found) {
    if (!item.is_object()) return fail(ErrorKind::corrupt, "{}: not an object", key);
    std::string name = TRY(text_of(item, "name"));
    const uint64_t pages = TRY(number_of(item, "pages"));
    classes.emplace_back(std::move(name), pages);
  }
  return classes;
}

Result<std::vector<std::string>> reasons_of(const json& object) {
  std::vector<std::string> reasons;
  const auto found = object.find("reasons");
  if (found == object.end()) return reasons;
  if (!found->is_array() || found->size() > kMaxReasons)
    return fail(ErrorKind::corrupt, "reasons: not an array of at most {}", kMaxReasons);
  for (const json& item : *found) {
    if (!item.is_string()) return fail(ErrorKind::corrupt, "reasons: not a text");
    reasons.push_back(item.get<std::string>());
  }
  return reasons;
}

Result<Summary> summary_from_json(const json& object) {
  Summary summary;
  for (const NumberKey& key : kSummaryKeys) summary.*key.member = TRY(number_of(object, key.name));
  summary.reasons = TRY(reasons_of(object));
  for (const ClassesKey& key : kClassesKeys) summary.*key.member = TRY(classes_of(object, key.name));
  return summary;
}

}  // namespace

std::string_view mode_name(Mode mode) { return word_of<Mode>(kModes, mode); }

std::string to_json(const Request& request) {
  json object = {{"mode", mode_name(request.mode)},
                 {"if_full", word_of<IfFull>(kIfFull, request.if_full)},
                 {"target", request.target}};
  for (const TextKey& key : kRequestKeys) object[key.name] = request.*key.member;
  return printed(object);
}

Result<Request> request_from_json(std::string_view text) {
  const json object = TRY(with_context(parse_object(text), "request"));
  Request request;
  const std::string mode = TRY(with_context(text_of(object, "mode"), "request"));
  request.mode = TRY(with_context(value_of<Mode>(kModes, mode, "mode"), "request"));
  const std::string if_full = TRY(with_context(text_of(object, "if_full"), "request"));
  request.if_full = TRY(with_context(value_of<IfFull>(kIfFull, if_full, "if_full"), "request"));
  request.target = TRY(with_context(number_of(object, "target"), "request"));
  for (const TextKey& key : kRequestKeys)
    request.*key.member = TRY(with_context(text_of(object, key.name), "request"));
  return request;
}

std::string to_line(const Event& event) {
  json object = {{"event", word_of<EventKind>(kKinds, event.kind)}};
  if (!event.text.empty()) object["text"] = event.text;
  if (event.number != 0) object["number"] = event.number;
  if (event.kind == EventKind::summary) object["summary"] = summary_to_json(event.summary);
  return printed(object) + "\n";
}

Result<Event> event_from_line(std::string_view line) {
  const json object = TRY(with_context(parse_object(line), "event"));
  Event event;
  const std::string kind = TRY(with_context(text_of(object, "event"), "event"));
  event.kind = TRY(with_context(value_of<EventKind>(kKinds, kind, "kind"), "event"));
  event.text = TRY(with_context(text_of(object, "text"), "event"));
  event.number = TRY(with_context(number_of(object, "number"), "event"));
  const auto summary = object.find("summary");
  if (summary != object.end()) {
    if (!summary->is_object()) return fail(ErrorKind::corrupt, "event: summary: not an object");
    event.summary = TRY(with_context(summary_from_json(*summary), "event: summary"));
  }
  return event;
}

std::vector<std::string> LineReader::feed(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    if (partial_.size() + piece.size() > kMaxLine) too_long_ = true;
    if (too_long_) {
      partial_.clear();
    } else {
      partial_ += piece;
    }
    if (newline == std::string_view::npos) break;
    bytes.remove_prefix(newline + 1);
    if (too_long_) ++dropped_;
    if (!too_long_) lines.push_back(partial_);
    partial_.clear();
    too_long_ = false;
  }
  return lines;
}

}  // namespace kdump::protocol
