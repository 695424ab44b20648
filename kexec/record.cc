// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/record.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/file.h"

namespace kdump::kexec {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr const char* kRecordPath = "/run/kdump/crash-image.json";

std::string record_path(const SystemRoot& root) { return root.prefix + kRecordPath; }

// A later process may have another working directory.
std::string absolute(const std::string& path) {
  char* resolved = path.empty() ? nullptr : realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string result(resolved);
  free(resolved);  // NOLINT(cppcoreguidelines-no-malloc): realpath's
  return result;
}

// What tells one file from another that later has its name; null when there is none.
json identity(const std::string& path) {
  struct stat attributes{};
  if (stat(path.c_str(), &attributes) != 0) return nullptr;
  return {attributes.st_dev, attributes.st_ino, attributes.st_size, attributes.st_mtim.tv_sec,
          attributes.st_mtim.tv_nsec};
}

json describe(const std::string& path) {
  const std::string full = absolute(path);
  return {{"path", full}, {"identity", identity(full)}};
}

// The path under which the recorded file is found now, or else the recorded path.
std::string find_again(const json& file) {
  auto path = file.at("path").get<std::string>();
  const std::string kept = path + ".prev";
  const bool was_replaced = identity(path) != file.at("identity");
  return was_replaced && identity(kept) == file.at("identity") ? kept : path;
}

CrashImage image_of(const json& record) {
  CrashImage image{find_again(record.at("kernel")), "", record.at("command_line").get<std::string>()};
  if (!record.at("initrd").is_null()) image.initrd = find_again(record.at("initrd"));
  return image;
}

}  // namespace

Status write_record(const CrashImage& image, const SystemRoot& root) {
  const std::string path = record_path(root);
  const json record = {{"version", kVersion},
                       {"kernel", describe(image.kernel)},
                       {"initrd", image.initrd.empty() ? json(nullptr) : describe(image.initrd)},
                       {"command_line", image.command_line}};
  // A command line is bytes, JSON is UTF-8.
  const std::string text = record.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  TRY(make_directories(directory_of(path), 0755));
  return replace_file(path, bytes_of(text), 0600);
}

Result<std::optional<CrashImage>> read_record(const SystemRoot& root) {
  const std::string path = record_path(root);
  if (!file_exists(path)) return std::nullopt;
  const std::string text = TRY(read_text_file(path));
  try {
    const json record = json::parse(text);
    if (record.at("version") != kVersion) return fail(ErrorKind::unsupported, "{}: unknown version", path);
    return image_of(record);
  } catch (const json::exception& error) {
    return fail(ErrorKind::corrupt, "{}: {}", path, error.what());
  }
}

Status remove_record(const SystemRoot& root) {
  const std::string path = record_path(root);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "cannot remove {}", path);
  return {};
}

}  // namespace kdump::kexec
