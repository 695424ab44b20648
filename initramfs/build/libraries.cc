// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/libraries.h"

#include <fcntl.h>
#include <gelf.h>
#include <glob.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "common/fd.h"
#include "common/file.h"
#include "common/text.h"

namespace kdump::image {
namespace {

constexpr const char* kDefaultDirectories[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
constexpr int kMaximumIncludes = 8;  // of ld.so.conf in ld.so.conf

// What one ELF file says about the files it needs.
struct Needs {
  int elf_class = 0;
  unsigned machine = 0;
  std::string interpreter;
  std::vector<std::string> sonames;
  std::vector<std::string> search;  // RUNPATH or RPATH, split
};

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfFile = std::unique_ptr<Elf, ElfEnd>;

std::string text_at(const char* text) { return text == nullptr ? "" : text; }

std::string interpreter_of(Elf* elf) {
  size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return "";
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr || header.p_type != PT_INTERP) continue;
    const Elf_Data* data =
        elf_getdata_rawchunk(elf, static_cast<int64_t>(header.p_offset), header.p_filesz, ELF_T_BYTE);
    if (data == nullptr || data->d_size == 0) return "";
    return {static_cast<const char*>(data->d_buf), data->d_size - 1};
  }
  return "";
}

void read_dynamic(Elf* elf, const GElf_Shdr& section, const Elf_Data* data, Needs& needs) {
  for (int i = 0; static_cast<size_t>(i) < section.sh_size / std::max<size_t>(section.sh_entsize, 1); ++i) {
    GElf_Dyn entry;
    if (gelf_getdyn(const_cast<Elf_Data*>(data), i, &entry) == nullptr || entry.d_tag == DT_NULL) return;
    const std::string text = text_at(elf_strptr(elf, section.sh_link, entry.d_un.d_val));
    if (entry.d_tag == DT_NEEDED) needs.sonames.push_back(text);
    if (entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH) {
      for (const std::string_view directory : split(text, ':')) needs.search.emplace_back(directory);
    }
  }
}

Result<Needs> read_needs(const HostTree& tree, const std::string& path) {
  const std::string outside = tree.outside(TRY(tree.real_path(path)));
  const UniqueFd fd = TRY(open_file(outside, O_RDONLY));
  elf_version(EV_CURRENT);
  const ElfFile elf(elf_begin(fd.get(), ELF_C_READ, nullptr));
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
    return fail(ErrorKind::corrupt, "{} is not an ELF file", outside);
  Needs needs;
  needs.elf_class = gelf_getclass(elf.get());
  needs.machine = header.e_machine;
  needs.interpreter = interpreter_of(elf.get());
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr found;
    if (gelf_getshdr(section, &found) == nullptr || found.sh_type != SHT_DYNAMIC) continue;
    if (const Elf_Data* data = elf_getdata(section, nullptr)) read_dynamic(elf.get(), found, data, needs);
  }
  return needs;
}

std::vector<std::string> matches(const HostTree& tree, const std::string& pattern) {
  std::vector<std::string> paths;
  const std::string outside = tree.outside(pattern);
  glob_t found{};
  if (glob(outside.c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i)
      paths.push_back(std::string(found.gl_pathv[i]).substr(tree.outside("").size()));
  }
  globfree(&found);
  return paths;
}

// ldconfig(8): a directory a line, `include PATTERN`, # starts a comment.
void add_configured(const HostTree& tree, const std::string& file, int depth,
                    std::vector<std::string>& directories) {
  const Result<std::string> content = tree.read(file);
  if (!content || depth > kMaximumIncludes) return;
  for (const std::string_view line : split_lines(*content)) {
    const std::vector<std::string_view> words = split_words(line.substr(0, line.find('#')));
    if (words.empty()) continue;
    if (words[0] != "include") {
      directories.emplace_back(words[0]);
      continue;
    }
    for (const std::string_view pattern : std::span(words).subspan(1)) {
      const std::string folder = pattern.starts_with('/') ? "" : directory_of(file) + "/";
      for (const std::string& included : matches(tree, folder + std::string(pattern)))
        add_configured(tree, included, depth + 1, directories);
    }
  }
}

std::vector<std::string> system_directories(const HostTree& tree) {
  std::vector<std::string> directories;
  add_configured(tree, "/etc/ld.so.conf", 0, directories);
  directories.insert(directories.end(), std::begin(kDefaultDirectories), std::end(kDefaultDirectories));
  // Debian's loader has its own multiarch directories built in; those of other machines hold nothing usable.
  for (const char* pattern : {"/lib/*-linux-gnu*", "/usr/lib/*-linux-gnu*"}) {
    for (std::string& directory : matches(tree, pattern)) directories.push_back(std::move(directory));
  }
  return directories;
}

std::string with_origin(std::string directory, const std::string& origin) {
  for (const std::string_view word : {"$ORIGIN", "${ORIGIN}"}) {
    const size_t at = directory.find(word);
    if (at != std::string::npos) directory.replace(at, word.size(), origin);
  }
  return directory;
}

// Walks from the program to all it needs.
class Search {
 public:
  explicit Search(const HostTree& tree) : tree_(tree), directories_(system_directories(tree)) {}

  Result<std::vector<Library>> of(const std::string& program);

 private:
  struct Found {
    std::string path;
    bool by_runpath = false;
    Needs needs;
  };

  Status follow(const std::string& who, const Needs& needs);
  Result<Found> find(const std::string& soname, const std::string& who, const Needs& needs) const;
  [[nodiscard]] std::optional<Found> usable(const std::string& path, const Needs& needs) const;
  [[nodiscard]] std::string image_path(const Found& found) const;

  const HostTree& tree_;
  std::vector<std::string> directories_;
  std::map<std::string, Found> by_soname_;
};

std::optional<Search::Found> Search::usable(const std::string& path, const Needs& needs) const {
  if (!tree_.exists(path)) return std::nullopt;
  Result<Needs> read = read_needs(tree_, path);
  if (!read || read->elf_class != needs.elf_class || read->machine != needs.machine) return std::nullopt;
  return Found{.path = path, .by_runpath = false, .needs = std::move(*read)};
}

Result<Search::Found> Search::find(const std::string& soname, const std::string& who,
                                   const Needs& needs) const {
  for (const std::string& directory : needs.search) {
    std::optional<Found> found =
        usable(fmt::format("{}/{}", with_origin(directory, directory_of(who)), soname), needs);
    if (!found) continue;
    found->by_runpath = true;
    return *found;
  }
  for (const std::string& directory : directories_) {
    if (std::optional<Found> found = usable(fmt::format("{}/{}", directory, soname), needs)) return *found;
  }
  return fail("library {}, needed by {}, is in none of the loader's directories (/etc/ld.so.conf, /lib, …)",
              soname, tree_.outside(who));
}

Status Search::follow(const std::string& who, const Needs& needs) {
  for (const std::string& soname : needs.sonames) {
    if (by_soname_.contains(soname)) continue;
    const Found found = TRY(find(soname, who, needs));
    by_soname_.emplace(soname, found);
    TRY(follow(found.path, found.needs));
  }
  return {};
}

// A directory that only ld.so.conf names means nothing in the image: such a library goes beside libc.
std::string Search::image_path(const Found& found) const {
  const auto libc = by_soname_.find("libc.so.6");
  if (found.by_runpath || is_loader_default(directory_of(found.path)) || libc == by_soname_.end())
    return found.path;
  return directory_of(libc->second.path) + found.path.substr(found.path.rfind('/'));
}

Result<std::vector<Library>> Search::of(const std::string& program) {
  const Needs needs = TRY(read_needs(tree_, program));
  const std::string real = TRY(tree_.real_path(program));
  TRY(follow(real, needs));
  std::map<std::string, Library> libraries;
  const std::string& loader = needs.interpreter;
  for (const auto& [soname, found] : by_soname_) {
    // The loader is also somebody's DT_NEEDED, found by another path; once is enough.
    if (!loader.ends_with("/" + soname))
      libraries[found.path] = Library{.path = found.path, .image_path = image_path(found)};
  }
  if (!loader.empty()) libraries[loader] = Library{.path = loader, .image_path = loader};
  std::vector<Library> sorted;
  for (const auto& [path, library] : libraries) sorted.push_back(library);
  return sorted;
}

}  // namespace

bool is_loader_default(std::string_view directory) {
  if (directory.starts_with("/usr/")) directory.remove_prefix(4);
  for (const std::string_view parent : {"/lib64", "/lib"}) {
    if (directory == parent) return true;
    if (!directory.starts_with(parent)) continue;
    const std::string_view rest = directory.substr(parent.size());
    return rest.starts_with('/') && rest.find('/', 1) == std::string_view::npos &&
           rest.contains("-linux-gnu");
  }
  return false;
}

Result<std::vector<Library>> needed_libraries(const HostTree& tree, const std::string& program) {
  return Search(tree).of(program);
}

}  // namespace kdump::image
