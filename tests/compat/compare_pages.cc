// SPDX-License-Identifier: GPL-2.0-or-later
// compare_pages DUMP RAW: reads every page of both through libkdumpfile, the reader of crash's successors,
// and compares them byte for byte. Prints "pages N excluded N different N lost N"; exit status 1 when a page
// differs or is lost, 2 when a file cannot be opened.
//
// This program knows nothing of our own readers and writers: it is the outside view.
#include <fcntl.h>
#include <fmt/core.h>
#include <libkdumpfile/kdumpfile.h>

#include <array>
#include <cstring>
#include <string>

namespace {

constexpr size_t kPage = 4096;
using Page = std::array<unsigned char, kPage>;

class DumpFile {
 public:
  explicit DumpFile(const char* path) : context_(kdump_new()), fd_(open(path, O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0)
      error_ = std::strerror(errno);
    else if (kdump_open_fd(context_, fd_) != KDUMP_OK)
      error_ = kdump_get_err(context_);
  }

  [[nodiscard]] const std::string& error() const { return error_; }

  [[nodiscard]] uint64_t max_pfn() const {
    kdump_num_t value = 0;
    return kdump_get_number_attr(context_, "max_pfn", &value) == KDUMP_OK ? value : 0;
  }

  kdump_status read(uint64_t pfn, Page& page) {
    size_t length = page.size();
    return kdump_read(context_, KDUMP_MACHPHYSADDR, pfn * kPage, page.data(), &length);
  }
  [[nodiscard]] const char* reason() const { return kdump_get_err(context_); }

 private:
  kdump_ctx_t* context_;
  int fd_;
  std::string error_;
};

struct Counts {
  uint64_t pages = 0;     // equal in both
  uint64_t excluded = 0;  // only in the raw one
  uint64_t different = 0;
  uint64_t lost = 0;  // in the dump, but unreadable there
};

void compare_page(uint64_t pfn, DumpFile& dump, DumpFile& raw, Counts& counts) {
  Page ours;
  Page theirs;
  const kdump_status status = dump.read(pfn, ours);
  if (status == KDUMP_ERR_NODATA) {
    ++counts.excluded;
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
  if (argc != 3) {
    fmt::print(stderr, "usage: compare_pages DUMP RAW\n");
    return 2;
  }
  DumpFile dump(argv[1]);
  DumpFile raw(argv[2]);
  for (const auto& [file, path] : {std::pair{&dump, argv[1]}, std::pair{&raw, argv[2]}}) {
    if (file->error().empty()) continue;
    fmt::print(stderr, "{}: {}\n", path, file->error());
    return 2;
  }
  Counts counts;
  for (uint64_t pfn = 0; pfn < raw.max_pfn(); ++pfn) compare_page(pfn, dump, raw, counts);
  fmt::print("pages {} excluded {} different {} lost {}\n", counts.pages, counts.excluded, counts.different,
             counts.lost);
  return counts.different == 0 && counts.lost == 0 ? 0 : 1;
}
