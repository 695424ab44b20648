// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/initramfs/build/unpacked.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>
#include <gtest/gtest.h>

namespace kdump::image {
namespace {

std::string listing_of(archive_entry* entry) {
  std::string listing = fmt::format("{}{}:{} {}", archive_entry_strmode(entry), archive_entry_uid(entry),
                                    archive_entry_gid(entry), archive_entry_mtime(entry));
  if (archive_entry_filetype(entry) == AE_IFCHR)
    listing += fmt::format(" {}:{}", archive_entry_rdevmajor(entry), archive_entry_rdevminor(entry));
  return listing;
}

}  // namespace

Unpacked unpack(const std::string& packed) {
  Unpacked unpacked;
  archive* reader = archive_read_new();
  archive_read_support_filter_zstd(reader);
  archive_read_support_format_cpio(reader);
  EXPECT_EQ(archive_read_open_memory(reader, packed.data(), packed.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  int status = 0;
  while ((status = archive_read_next_header(reader, &entry)) == ARCHIVE_OK) {
    const std::string path = archive_entry_pathname(entry);
    std::string content(static_cast<size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader, content.data(), content.size()),
              static_cast<la_ssize_t>(content.size()));
    unpacked.order.push_back(path);
    unpacked.entries[path] = {listing_of(entry), content};
  }
  EXPECT_EQ(status, ARCHIVE_EOF) << (status == ARCHIVE_EOF ? "" : archive_error_string(reader));
  unpacked.format = fmt::format("{}, {}", archive_filter_name(reader, 0), archive_format_name(reader));
  archive_read_free(reader);
  return unpacked;
}

}  // namespace kdump::image
