// SPDX-License-Identifier: GPL-2.0-or-later
// compare_pages DUMP[,PART...] RAW [KEPT]: reads every page of a dump, or of a set of parts, and of a raw
// core through libkdumpfile, the reader of crash's successors, and compares them byte for byte. Prints "pages
// N excluded N different N lost N"; exit status 1 when a page differs or is lost, 2 when a file cannot be
// opened.
//
// With KEPT, a dump that has the pages which DUMP is to have, DUMP is an ELF core: what it does not store is
// zero, so that each page of KEPT is the raw one's or zero like it, and each other is absent or zero.
//
// This program knows nothing of our own readers and writers: it is the outside view.
#include <fcntl.h>
#include <fmt/core.h>
#include <libkdumpfile/kdumpfile.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t kPage = 4096;
using Page = std::array<unsigned char, kPage>;

class DumpFile {
 public:
  // The names of its files, with commas.
  explicit DumpFile(std::string_view names) : context_(kdump_new()) {
    std::vector<int> fds;
    while (!names.empty() && error_.empty()) {
      const std::string name(names.substr(0, names.find(',')));
      names.remove_prefix(std::min(names.size(), name.size() + 1));
      fds.push_back(open(name.c_str(), O_RDONLY | O_CLOEXEC));
      if (fds.back() < 0) error_ = std::strerror(errno);
    }
    files_ = fds.size();
    if (error_.empty() &&
        kdump_open_fdset(context_, static_cast<unsigned>(fds.size()), fds.data()) != KDUMP_OK)
      error_ = kdump_get_err(context_);
  }

  [[nodiscard]] const std::string& error() const { return error_; }

  [[nodiscard]] uint64_t max_pfn() const {
    kdump_num_t value = 0;
    return kdump_get_number_attr(context_, "max_pfn", &value) == KDUMP_OK ? value : 0;
  }

  // The first page from `pfn` on that the file has something of, by libkdumpfile's map of it; the one of a
  // set of parts (0.5.1) ends with some part, so that each page is asked for there.
  uint64_t next(uint64_t pfn) {
    kdump_attr_t map{.type = KDUMP_BITMAP, .val = {}};
    if (files_ == 1 && pages_ == nullptr &&
        kdump_get_typed_attr(context_, KDUMP_ATTR_FILE_PAGEMAP, &map) == KDUMP_OK)
      pages_ = map.val.bitmap;
    if (pages_ == nullptr) return pfn;
    kdump_addr_t found = pfn;
    return kdump_bmp_find_set(pages_, &found) == KDUMP_OK ? found : UINT64_MAX;
  }

  kdump_status read(uint64_t pfn, Page& page) {
    size_t length = page.size();
    return kdump_read(context_, KDUMP_MACHPHYSADDR, pfn * kPage, page.data(), &length);
  }
  [[nodiscard]] const char* reason() const { return kdump_get_err(context_); }

 private:
  kdump_ctx_t* context_;
  size_t files_ = 0;
  kdump_bmp_t* pages_ = nullptr;
  std::string error_;
};

struct Counts {
  uint64_t pages = 0;     // equal in both
  uint64_t excluded = 0;  // only in the raw one
  uint64_t different = 0;
  uint64_t lost = 0;  // in the dump, but unreadable there
};

bool is_zero(const Page& page) {
  return std::ranges::all_of(page, [](unsigned char byte) { return byte == 0; });
}

void compare_page(uint64_t pfn, DumpFile& dump, DumpFile& raw, DumpFile* kept, Counts& counts) {
  Page ours{};
  Page theirs;
  kdump_status status = dump.read(pfn, ours);
  if (status == KDUMP_ERR_NODATA && kept != nullptr) {
    ours.fill(0);
    status = KDUMP_OK;
  }
  if (status == KDUMP_ERR_NODATA || (kept != nullptr && kept->read(pfn, theirs) == KDUMP_ERR_NODATA)) {
    ++(status == KDUMP_ERR_NODATA || is_zero(ours) ? counts.excluded : counts.different);
    return;
  }
  if (status != KDUMP_OK) {
    ++counts.lost;
    fmt::print(stderr, "pfn {:#x}: {}\n", pfn, dump.reason());
    return;
  }
  const bool same = raw.read(pfn, theirs) == KDUMP_OK && ours == theirs;
  ++(same ? counts.pages : counts.different);
  if (!same) fmt::print(stderr, "pfn {:#x}: differs\n", pfn);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    fmt::print(stderr, "usage: compare_pages DUMP[,PART...] RAW [KEPT]\n");
    return 2;
  }
  std::vector<std::unique_ptr<DumpFile>> files;
  for (int i = 1; i < argc; ++i) {
    files.push_back(std::make_unique<DumpFile>(argv[i]));
    if (files.back()->error().empty()) continue;
    fmt::print(stderr, "{}: {}\n", argv[i], files.back()->error());
    return 2;
  }
  DumpFile* const kept = argc == 4 ? files[2].get() : nullptr;
  Counts counts;
  const uint64_t end = files[1]->max_pfn();
  const auto next = [&](uint64_t pfn) {
    return std::min(files[0]->next(pfn), kept == nullptr ? UINT64_MAX : kept->next(pfn));
  };
  uint64_t after = 0;
  for (uint64_t pfn = next(0); pfn < end; pfn = next(after)) {
    counts.excluded += pfn - after;
    after = pfn + 1;
    compare_page(pfn, *files[0], *files[1], kept, counts);
  }
  counts.excluded += end - after;
  fmt::print("pages {} excluded {} different {} lost {}\n", counts.pages, counts.excluded, counts.different,
             counts.lost);
  return counts.different == 0 && counts.lost == 0 ? 0 : 1;
}
