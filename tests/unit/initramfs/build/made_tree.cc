// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/initramfs/build/made_tree.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/file.h"
#include "common/process.h"

namespace kdump::image {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::vector<std::string>& strings) {
  std::string text;
  for (const std::string& string : strings) text += string + '\0';
  return text;
}

template <typename T>
void append(std::string& file, const T& object) {
  file.append(reinterpret_cast<const char*>(&object), sizeof object);
}

// Undefined symbols for all that is needed; `names` is the string table.
std::string symbol_table(const MadeModule& module, std::string& names) {
  std::string table;
  append(table, Elf64_Sym{});
  for (const std::string& name : module.needed_symbols) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(names.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
    append(table, symbol);
    names += name + '\0';
  }
  return table;
}

struct Section {
  std::string name;
  std::string content;
  Elf64_Word type;
  Elf64_Word link;
  Elf64_Xword entry_size;
};

Elf64_Ehdr elf_header(size_t sections_at, size_t sections) {
  Elf64_Ehdr header{};
  header.e_ident[EI_MAG0] = ELFMAG0;
  header.e_ident[EI_MAG1] = ELFMAG1;
  header.e_ident[EI_MAG2] = ELFMAG2;
  header.e_ident[EI_MAG3] = ELFMAG3;
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shoff = sections_at;
  header.e_shnum = static_cast<Elf64_Half>(sections);
  header.e_shstrndx = static_cast<Elf64_Half>(sections - 1);
  return header;
}

std::string elf_file(std::vector<Section> sections) {
  std::string names(1, '\0');
  std::string contents;
  std::string headers;
  append(headers, Elf64_Shdr{});
  sections.push_back({".shstrtab", "", SHT_STRTAB, 0, 0});
  for (Section& section : sections) {
    Elf64_Shdr header{};
    header.sh_name = static_cast<Elf64_Word>(names.size());
    names += section.name + '\0';
    if (section.name == ".shstrtab") section.content = names;
    contents.resize((contents.size() + 7) / 8 * 8);
    header.sh_type = section.type;
    header.sh_offset = sizeof(Elf64_Ehdr) + contents.size();
    header.sh_size = section.content.size();
    header.sh_link = section.link;
    header.sh_entsize = section.entry_size;
    header.sh_addralign = 8;
    append(headers, header);
    contents += section.content;
  }
  contents.resize((contents.size() + 7) / 8 * 8);
  std::string file;
  append(file, elf_header(sizeof(Elf64_Ehdr) + contents.size(), sections.size() + 1));
  return file + contents + headers;
}

}  // namespace

std::string module_file(const MadeModule& module) {
  std::string names(1, '\0');
  const std::string symbols = symbol_table(module, names);
  return elf_file({
      {".modinfo", joined(module.modinfo), SHT_PROGBITS, 0, 0},
      {"__ksymtab_strings", joined(module.exported), SHT_PROGBITS, 0, 0},
      {".strtab", names, SHT_STRTAB, 0, 0},
      {".symtab", symbols, SHT_SYMTAB, 3, sizeof(Elf64_Sym)},
  });
}

MadeTree::MadeTree() {
  std::string pattern = fs::temp_directory_path() / "kdump-tree-XXXXXX";
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  root_ = fs::canonical(pattern);
}

MadeTree::~MadeTree() { fs::remove_all(root_); }

void MadeTree::directory(const std::string& path) const { fs::create_directories(outside(path)); }

void MadeTree::file(const std::string& path, std::string_view content) const {
  directory(directory_of(path));
  std::ofstream stream(outside(path), std::ios::binary);
  stream << content;
  stream.close();
  EXPECT_TRUE(stream) << path;
}

void MadeTree::link(const std::string& path, const std::string& target) const {
  directory(directory_of(path));
  fs::create_symlink(target, outside(path));
}

void MadeTree::copy(const std::string& path, const std::string& from_outside) const {
  directory(directory_of(path));
  fs::copy_file(from_outside, outside(path));
}

void MadeTree::remove(const std::string& path) const { EXPECT_GT(fs::remove_all(outside(path)), 0U) << path; }

void MadeTree::device(const std::string& path, const std::string& driver_module,
                      const std::string& modalias) const {
  directory(path);
  if (!modalias.empty()) file(path + "/modalias", modalias + "\n");
  if (driver_module.empty()) return;
  directory("/sys/module/" + driver_module);
  directory("/sys/bus/made/drivers/" + driver_module);
  fs::create_directory_symlink(outside("/sys/bus/made/drivers/" + driver_module), outside(path + "/driver"));
  const std::string module_link = "/sys/bus/made/drivers/" + driver_module + "/module";
  if (!fs::exists(fs::symlink_status(outside(module_link))))
    link(module_link, "../../../../module/" + driver_module);
  // sysfs links are relative.
  fs::remove(outside(path + "/driver"));
  link(path + "/driver",
       fs::relative(outside("/sys/bus/made/drivers/" + driver_module), outside(path)).string());
}

void MadeTree::block_device(const std::string& name, const std::string& path) const {
  directory(path);
  link("/sys/class/block/" + name, fs::relative(outside(path), outside("/sys/class/block")).string());
}

void MadeTree::virtio_disk() const {
  const std::string pci = "/sys/devices/pci0000:00/0000:00:03.0";
  device(pci, "virtio_pci", "pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00");
  device(pci + "/virtio0", "virtio_blk", "virtio:d00000002v00001AF4");
  block_device("vda", pci + "/virtio0/block/vda");
  block_device("vda1", pci + "/virtio0/block/vda/vda1");
}

void MadeTree::modules(const std::string& release, const std::vector<MadeModule>& modules) const {
  std::string order;
  for (const MadeModule& module : modules) {
    file("/lib/modules/" + release + "/" + module.path, module_file(module));
    order += module.path + "\n";
  }
  file("/lib/modules/" + release + "/modules.order", order);
  file("/lib/modules/" + release + "/modules.builtin", "kernel/fs/xfs/xfs.ko\n");
  file("/lib/modules/" + release + "/modules.builtin.modinfo", std::string_view("xfs.alias=fs-xfs\0", 17));
  index(release);
}

void MadeTree::index(const std::string& release) const {
  const auto ran = run_captured({"/sbin/depmod", "-b", root_, release}, std::chrono::seconds(60));
  ASSERT_TRUE(ran) << ran.error().message();
  ASSERT_TRUE(ran->exit.succeeded()) << ran->exit.describe() << ": " << ran->output;
}

std::vector<MadeModule> virtio_modules() {
  return {
      {.path = "kernel/drivers/virtio/virtio.ko", .exported = {"register_virtio_driver"}},
      {.path = "kernel/drivers/virtio/virtio_ring.ko", .exported = {"virtqueue_add"}},
      {.path = "kernel/drivers/virtio/virtio_pci_modern_dev.ko",
       .exported = {"vp_modern_probe"},
       .needed_symbols = {"register_virtio_driver"}},
      {.path = "kernel/drivers/virtio/virtio_pci.ko",
       .modinfo = {"alias=pci:v00001AF4d*sv*sd*bc*sc*i*"},
       .needed_symbols = {"vp_modern_probe", "virtqueue_add", "register_virtio_driver"}},
      {.path = "kernel/drivers/block/virtio_blk.ko",
       .modinfo = {"alias=virtio:d00000002v*"},
       .needed_symbols = {"register_virtio_driver", "virtqueue_add"}},
      {.path = "kernel/fs/mbcache.ko", .exported = {"mb_cache_create"}},
      {.path = "kernel/crypto/crc32c_generic.ko", .modinfo = {"alias=crypto-crc32c", "alias=crc32c"}},
      {.path = "kernel/fs/ext4/ext4.ko",
       .modinfo = {"alias=fs-ext4", "softdep=pre: crc32c"},
       .needed_symbols = {"mb_cache_create"}},
      {.path = "kernel/drivers/watchdog/softdog.ko"},
  };
}

}  // namespace kdump::image
