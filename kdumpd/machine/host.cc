// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/host.h"

#include <climits>
#include <cstdlib>

#include "common/file.h"
#include "common/text.h"

namespace kdump::service {
namespace {

constexpr size_t kLargestFile = size_t{16} << 20;

Result<std::string> real_path(const std::string& path) {
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) == nullptr) return fail_errno(errno, "{}", path);
  return std::string(resolved);
}

}  // namespace

bool Host::exists(std::string_view path) const { return file_exists(at(path)); }

Result<std::string> Host::read(std::string_view path) const {
  const std::string text = TRY(read_text_file(at(path), kLargestFile));
  return std::string(trim(text));
}

Result<std::string> Host::resolve(std::string_view path) const {
  std::string resolved = TRY(real_path(at(path)));
  if (root_.empty()) return resolved;
  const std::string root = TRY(real_path(root_));
  if (resolved == root) return "/";
  if (root == "/") return resolved;
  if (!resolved.starts_with(root + "/")) return fail("{} leads out of {}, to {}", path, root_, resolved);
  return resolved.substr(root.size());
}

}  // namespace kdump::service
