// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/hooks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace kdump::service {
namespace {

constexpr const char* kFolders[] = {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};

bool is_executable(const Host& host, const std::string& path) {
  struct stat info{};
  return stat(host.at(path).c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0;
}

class Finder {
 public:
  Finder(const Host& host, Problems& problems) : host_(host), problems_(problems) {}

  // The path again, or nothing.
  std::string hook(const char* directive, const std::string& path) {
    if (path.empty()) return {};
    if (!host_.exists(path)) {
      problems_.errors.push_back(fmt::format("{} {}: does not exist", directive, path));
    } else if (!is_executable(host_, path)) {
      problems_.errors.push_back(
          fmt::format("{} {}: is not an executable file; chmod +x {}", directive, path, path));
    }
    add(path);
    return path;
  }

  // The executable files of a directory, in the order of their names.
  std::vector<std::string> hooks_in(const std::string& directory) {
    std::vector<std::string> found;
    std::error_code error;
    for (std::filesystem::directory_iterator i(host_.at(directory), error), end; !error && i != end;
         i.increment(error))
      found.push_back(directory + "/" + i->path().filename().string());
    std::ranges::sort(found);
    std::erase_if(found, [&](const std::string& path) { return !usable(path); });
    for (const std::string& path : found) add(path);
    return found;
  }

  void extra(const std::string& word) {
    const std::string path = place_of(word);
    if (path.empty())
      problems_.errors.push_back(
          fmt::format("extra_bins: {} is not an executable file{}", word,
                      word.starts_with('/') ? "" : " in /usr/sbin, /usr/bin, /sbin or /bin"));
    else
      add(path);
  }

  void shell() {
    if (is_executable(host_, plan::kShellInImage))
      add(plan::kShellInImage);
    else
      problems_.errors.push_back(
          fmt::format("failure_action shell needs busybox: {} does not exist", plan::kShellInImage));
  }

  std::vector<std::string> take() { return std::move(paths_); }

 private:
  bool usable(const std::string& path) {
    if (is_executable(host_, path)) return true;
    problems_.warnings.push_back(fmt::format("{} is not an executable file and is left out", path));
    return false;
  }

  std::string place_of(const std::string& word) const {
    if (word.starts_with('/')) return is_executable(host_, word) ? word : "";
    for (const char* folder : kFolders)
      if (is_executable(host_, folder + word)) return folder + word;
    return {};
  }

  void add(const std::string& path) {
    if (std::ranges::find(paths_, path) == paths_.end()) paths_.push_back(path);
  }

  const Host& host_;
  Problems& problems_;
  std::vector<std::string> paths_;
};

}  // namespace

Programs find_programs(const Host& host, const conf::Config& config, Problems& problems) {
  Finder finder(host, problems);
  Programs programs;
  programs.hooks = {.pre = finder.hook("kdump_pre", config.kdump_pre),
                    .pre_d = finder.hooks_in("/etc/kdump/pre.d"),
                    .post_d = finder.hooks_in("/etc/kdump/post.d"),
                    .post = finder.hook("kdump_post", config.kdump_post),
                    .emergency_d = finder.hooks_in("/etc/kdump/emergency.d"),
                    .emergency = finder.hook("kdump_emergency", config.kdump_emergency)};
  for (const std::string& word : config.extra_bins) finder.extra(word);
  if (config.failure_action == conf::Action::shell) finder.shell();
  programs.paths = finder.take();
  return programs;
}

}  // namespace kdump::service
