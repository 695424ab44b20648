// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/filesystems.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "common/endian.h"
#include "common/fd.h"
#include "common/text.h"

namespace kdump::service {
namespace {

// Linux, fs/ext4/ext4.h, struct ext4_super_block, some of the beginning; at offset 1024. Of ext2 and ext3
// too.
struct ExtSuperblock {
  unsigned char s_other[0x5c]{};
  le32 s_feature_compat;
  unsigned char s_more[0x80]{};
  le32 s_journal_inum;
};
static_assert(sizeof(ExtSuperblock) == 0xe4);
constexpr uint64_t kExtOffset = 1024;
constexpr uint32_t kHasJournal = 0x4;  // EXT4_FEATURE_COMPAT_HAS_JOURNAL

// Linux, fs/xfs/libxfs/xfs_format.h, struct xfs_dsb, the beginning; at offset 0.
struct XfsSuperblock {
  char sb_magicnum[4]{};
  be32 sb_blocksize;
  be64 sb_dblocks;
  be64 sb_rblocks;  // of the realtime device
  be64 sb_rextents;
  unsigned char sb_uuid[16]{};
  be64 sb_logstart;  // 0: the log is on another device
};
static_assert(sizeof(XfsSuperblock) == 56);
constexpr std::string_view kXfsMagic = "XFSB";

// Linux, include/uapi/linux/btrfs_tree.h, struct btrfs_super_block, the beginning; at
// BTRFS_SUPER_INFO_OFFSET.
struct BtrfsSuperblock {
  unsigned char csum[32]{};
  unsigned char fsid[16]{};
  le64 bytenr;
  le64 flags;
  char magic[8]{};
  le64 generation;
  le64 root;
  le64 chunk_root;
  le64 log_root;
  le64 log_root_transid;
  le64 total_bytes;
  le64 bytes_used;
  le64 root_dir_objectid;
  le64 num_devices;
};
static_assert(sizeof(BtrfsSuperblock) == 0x90);
constexpr uint64_t kBtrfsOffset = 65536;
constexpr std::string_view kBtrfsMagic = "_BHRfS_M";

template <typename Superblock>
Result<Superblock> read_superblock(const std::string& device, uint64_t offset) {
  const UniqueFd fd = TRY(open_file(device, O_RDONLY));
  Superblock block;
  TRY(with_context(pread_exact(fd.get(), std::as_writable_bytes(std::span(&block, 1)), offset), "{}",
                   device));
  return block;
}

Status check_nothing(const std::string& /*device*/, std::string_view /*name*/) { return {}; }

Status check_ext(const std::string& device, std::string_view name) {
  const auto block = TRY(read_superblock<ExtSuperblock>(device, kExtOffset));
  if ((block.s_feature_compat & kHasJournal) == 0 || block.s_journal_inum != 0) return {};
  return fail(ErrorKind::unsupported,
              "{} has its journal on another device, which is not built yet; dump to a filesystem without",
              name);
}

Status check_xfs(const std::string& device, std::string_view name) {
  const auto block = TRY(read_superblock<XfsSuperblock>(device, 0));
  if (std::string_view(block.sb_magicnum, sizeof block.sb_magicnum) != kXfsMagic)
    return fail(ErrorKind::corrupt, "{}: no superblock of xfs at offset 0", name);
  if (block.sb_logstart == 0)
    return fail(ErrorKind::unsupported,
                "{} is an xfs with its log on another device, which is not built yet; dump to one without",
                name);
  if (block.sb_rblocks != 0)
    return fail(ErrorKind::unsupported,
                "{} is an xfs with a realtime device, which is not built yet; dump to one without", name);
  return {};
}

Status check_btrfs(const std::string& device, std::string_view name) {
  const auto block = TRY(read_superblock<BtrfsSuperblock>(device, kBtrfsOffset));
  if (std::string_view(block.magic, sizeof block.magic) != kBtrfsMagic)
    return fail(ErrorKind::corrupt, "{}: no superblock of btrfs at offset {}", name, kBtrfsOffset);
  if (block.num_devices == 1) return {};
  return fail(ErrorKind::unsupported,
              "{} is a btrfs over {} devices, which is not built yet; dump to one on a single device", name,
              uint64_t{block.num_devices});
}

// Options that change how a filesystem is read or written. All others are of the mount point, of SELinux, or
// the defaults; an option the capture kernel refuses would cost the dump.
constexpr std::string_view kExt4Kept[] = {"data=journal",         "data=writeback", "journal_checksum",
                                          "journal_async_commit", "nobarrier",      "barrier=0"};
// Quotas too: a mount without them makes the next one count anew.
constexpr std::string_view kXfsKept[] = {"nouuid",   "usrquota", "uquota",      "grpquota",    "gquota",
                                         "prjquota", "pquota",   "uqnoenforce", "gqnoenforce", "pqnoenforce"};
constexpr std::string_view kFatKept[] = {"codepage=", "iocharset=", "utf8", "shortname="};

constexpr Filesystem kFilesystems[] = {
    {"ext2", "noload", "", kExt4Kept, check_ext, ""},
    {"ext3", "noload", "", kExt4Kept, check_ext, ""},
    {"ext4", "noload", "", kExt4Kept, check_ext, ""},
    {"xfs", "norecovery", "", kXfsKept, check_xfs, ""},
    {"btrfs", "rescue=nologreplay", "", {}, check_btrfs, ""},
    {"vfat", "", "umask=0077", kFatKept, check_nothing,
     "vfat holds no file of 4 GiB or more and no file modes: whoever can read the mounted filesystem can "
     "read "
     "dumps"},
};

bool is_kept(const Filesystem& filesystem, std::string_view option) {
  return std::ranges::any_of(filesystem.kept, [&](std::string_view kept) {
    return kept.ends_with('=') ? option.starts_with(kept) : option == kept;
  });
}

}  // namespace

const Filesystem* filesystem_named(std::string_view name) {
  const auto* const found = std::ranges::find(kFilesystems, name, &Filesystem::name);
  return found == std::end(kFilesystems) ? nullptr : found;
}

std::string filesystem_names() {
  std::string names;
  for (const Filesystem& filesystem : kFilesystems) {
    const std::string_view before = &filesystem == std::end(kFilesystems) - 1 ? " or " : ", ";
    names.append(names.empty() ? "" : before).append(filesystem.name);
  }
  return names;
}

std::string options_to_keep(const Filesystem& filesystem, std::string_view mounted) {
  std::string kept(filesystem.options);
  for (const std::string_view option : split(mounted, ','))
    if (is_kept(filesystem, option)) kept.append(kept.empty() ? "" : ",").append(option);
  return kept;
}

}  // namespace kdump::service
