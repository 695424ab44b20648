// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/programs.h"

#include "common/text.h"
#include "initramfs/build/libraries.h"

namespace kdump::image {
namespace {

constexpr int kMaximumDepth = 4;  // Linux, fs/exec.c, BINPRM_MAX_RECURSION
constexpr mode_t kExecutable = 0755;
constexpr std::string_view kElf = "\177ELF";
constexpr const char* kFolders[] = {"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"};  // the hooks' PATH

Result<std::string> in_path(const HostTree& tree, std::string_view name) {
  for (const char* folder : kFolders)
    if (tree.exists(folder + std::string(name))) return folder + std::string(name);
  return fail("{} is in none of /bin, /sbin, /usr/bin and /usr/sbin", name);
}

Status add(const HostTree& tree, const std::string& program, int depth, std::vector<ImageFile>& files);

// The words of the line that "#!" starts.
Status add_interpreter(const HostTree& tree, const std::string& program, std::string_view line, int depth,
                       std::vector<ImageFile>& files) {
  const std::vector<std::string_view> words = split_words(line);
  if (words.empty() || !words[0].starts_with('/'))
    return fail("{}: its first line names no interpreter by an absolute path", program);
  TRY(with_context(add(tree, std::string(words[0]), depth + 1, files), "interpreter of {}", program));
  if (!words[0].ends_with("/env") || words.size() < 2) return {};
  const std::string found = TRY(with_context(in_path(tree, words[1]), "interpreter of {}", program));
  return with_context(add(tree, found, depth + 1, files), "interpreter of {}", program);
}

Status add(const HostTree& tree, const std::string& program, int depth, std::vector<ImageFile>& files) {
  if (depth > kMaximumDepth) return fail("{}: interpreters of interpreters, too deep", program);
  const std::string content = TRY(tree.read(program));
  files.push_back({program, program, kExecutable, false});
  if (content.starts_with("#!")) {
    const std::string_view first = std::string_view(content).substr(2, content.find('\n') - 2);
    return add_interpreter(tree, program, first.substr(0, 256), depth, files);
  }
  if (!content.starts_with(kElf))
    return fail("{} is neither an ELF program nor a script whose first line starts with #!", program);
  for (const Library& library : TRY(needed_libraries(tree, program)))
    files.push_back({library.image_path, library.path, kExecutable, false});
  return {};
}

}  // namespace

Result<std::vector<ImageFile>> program_files(const HostTree& tree, const std::string& program) {
  std::vector<ImageFile> files;
  TRY(add(tree, program, 0, files));
  return files;
}

}  // namespace kdump::image
