// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/collector.h"

#include <algorithm>
#include <chrono>

#include "common/file.h"
#include "common/process.h"
#include "common/text.h"

namespace kdump::service {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);
constexpr const char* kFolders[] = {"/usr/sbin/", "/usr/bin/"};

Result<std::string> program_path(const std::string& word) {
  if (word.find('/') != std::string::npos) {
    if (file_exists(word)) return word;
    return fail("{} does not exist", word);
  }
  const auto* const folder =
      std::ranges::find_if(kFolders, [&](const char* f) { return file_exists(f + word); });
  if (folder != std::end(kFolders)) return *folder + word;
  return fail("{} is neither in /usr/sbin nor in /usr/bin", word);
}

std::string first_line(const std::string& output) {
  for (const std::string_view line : split_lines(output))
    if (!trim(line).empty()) return std::string(trim(line));
  return "no reason given";
}

// makedumpfile itself takes them, but the files that they name are not in the capture kernel.
Status check_no_named_file(const std::vector<std::string>& words) {
  if (!words.front().ends_with("makedumpfile")) return {};
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string option = words[i].substr(0, 2);
    if (option == "-x" || option == "-i" || option == "-g")
      return fail("core_collector: {} names a file that the capture kernel does not have: leave it out",
                  option);
  }
  return {};
}

}  // namespace

Status check_collector(const std::vector<std::string>& words) {
  if (words.front() == "cp" || words.front() == "scp") return {};
  TRY(check_no_named_file(words));
  std::vector<std::string> argv{TRY(with_context(program_path(words.front()), "core_collector"))};
  argv.insert(argv.end(), words.begin() + 1, words.end());
  argv.emplace_back("--check-params");
  const CapturedOutput run = TRY(with_context(run_captured(argv, kPatience), "core_collector"));
  if (run.exit.succeeded()) return {};
  if (run.exit.timed_out || run.exit.signal != 0)
    return fail("core_collector: {} --check-params {}", argv.front(), run.exit.describe());
  return fail("core_collector: {} refuses its options: {}", argv.front(), first_line(run.output));
}

}  // namespace kdump::service
