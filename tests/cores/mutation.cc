// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cores/mutation.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace kdump::test {
namespace {

constexpr uint64_t kHead = 8192;  // where headers and notes are

// Half of the places in the headers, the others in what is no hole: a hole is only a page of zeros.
uint64_t place_in(const MemoryFile& file, Dice& dice) {
  const uint64_t size = std::max<uint64_t>(file.size(), 1);
  if (dice.one_in(2)) return dice.below(std::min(kHead, size));
  const auto extents = file.extents();
  if (extents.empty()) return dice.below(size);
  const auto& [begin, end] = extents[dice.below(extents.size())];
  return begin + dice.below(end - begin);
}

uint64_t telling_value(uint64_t file_size, Dice& dice) {
  const uint64_t values[] = {0,
                             1,
                             2,
                             0x7f,
                             0xff,
                             0xfff,
                             0x1000,
                             0x7fffffff,
                             0x80000000,
                             0xffffffff,
                             0x100000000,
                             0x7fffffffffffffff,
                             0x8000000000000000,
                             ~uint64_t{0},
                             ~uint64_t{0} - 4095,
                             file_size,
                             file_size - 1,
                             file_size + 1,
                             file_size / 2,
                             uint64_t{1} << dice.below(64),
                             0xffffffff80000000 + dice.below(uint64_t{16} << 20),
                             dice.below(file_size + 1)};
  return dice.of(values);
}

std::string flip_bytes(MemoryFile& file, Dice& dice) {
  std::string places;
  for (uint64_t n = 1 + dice.below(8); n > 0; --n) {
    const uint64_t place = place_in(file, dice);
    const auto byte = static_cast<std::byte>(dice.any());
    file.write(place, Bytes(&byte, 1));
    places += fmt::format(" {:#x}={:#x}", place, static_cast<unsigned>(byte));
  }
  return "bytes" + places;
}

// A whole field, where one can be.
std::string lie(MemoryFile& file, Dice& dice) {
  constexpr uint64_t kSizes[] = {2, 4, 8, 8};
  const uint64_t width = dice.of(kSizes), place = place_in(file, dice) / width * width,
                 value = telling_value(file.size(), dice);
  file.write(place, bytes_of(value).first(width));
  return fmt::format("{} bytes at {:#x} are {:#x}", width, place,
                     width == 8 ? value : value & ((uint64_t{1} << width * 8) - 1));
}

// A stretch of the file lies where another belongs.
std::string copy_stretch(MemoryFile& file, Dice& dice) {
  ByteVector bytes(1 + dice.below(4096));
  const uint64_t from = place_in(file, dice), to = place_in(file, dice);
  file.read(from, bytes);
  file.write(to, bytes);
  return fmt::format("{} bytes from {:#x} at {:#x}", bytes.size(), from, to);
}

// As of a bitmap or a table that something else has written over.
std::string fill_stretch(MemoryFile& file, Dice& dice) {
  constexpr unsigned char kBytes[] = {0, 0x55, 0xaa, 0xff, 1};
  const ByteVector bytes(1 + dice.below(uint64_t{1} << 16), static_cast<std::byte>(dice.of(kBytes)));
  const uint64_t place = place_in(file, dice);
  file.write(place, bytes);
  return fmt::format("{} bytes from {:#x} on are {:#x}", bytes.size(), place,
                     static_cast<unsigned>(bytes[0]));
}

// A number in the text of the head is another.
std::string change_text(MemoryFile& file, Dice& dice) {
  ByteVector head(std::min(kHead, file.size()));
  file.read(0, head);
  const std::string text(text_of(head));
  std::vector<size_t> places;
  for (size_t at = text.find('='); at != std::string::npos; at = text.find('=', at + 1)) places.push_back(at);
  if (places.empty()) return lie(file, dice);
  const size_t at = places[dice.below(places.size())] + 1;
  const size_t size = std::min(text.find('\n', at), text.size()) - at;
  const uint64_t value = telling_value(file.size(), dice);
  std::string number =
      dice.one_in(2) ? fmt::format("{:x}", value) : fmt::format("{}", static_cast<int64_t>(value));
  number.resize(size, ' ');
  file.write(at, bytes_of(std::string_view(number)));
  const size_t line = text.rfind('\n', at) + 1;
  return fmt::format("{}{}", text.substr(line, at - line), number);
}

std::string cut(MemoryFile& file, Dice& dice) {
  const uint64_t size = dice.one_in(4) ? dice.below(kHead) : place_in(file, dice);
  file.truncate(std::min(size, file.size()));
  return fmt::format("cut to {:#x}", file.size());
}

std::string lengthen(MemoryFile& file, Dice& dice) {
  file.truncate(file.size() + dice.below(uint64_t{1} << 30));  // more, and -R of it takes its seconds rightly
  return fmt::format("lengthened to {:#x}", file.size());
}

using Mutator = std::string (*)(MemoryFile&, Dice&);
constexpr Mutator kMutators[] = {flip_bytes,   flip_bytes,  lie,         lie, lie,     copy_stretch,
                                 fill_stretch, change_text, change_text, cut, lengthen};

}  // namespace

MemoryFile::MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {
  if (fd_.get() < 0) std::abort();
}

std::string MemoryFile::path() const { return fmt::format("/proc/self/fd/{}", fd_.get()); }

uint64_t MemoryFile::size() const { return file_size(fd_.get()).value_or(0); }

std::vector<std::pair<uint64_t, uint64_t>> MemoryFile::extents() const {
  std::vector<std::pair<uint64_t, uint64_t>> found;
  for (off_t end = 0;;) {
    const off_t begin = lseek(fd_.get(), end, SEEK_DATA);
    if (begin < 0) return found;
    end = lseek(fd_.get(), begin, SEEK_HOLE);
    found.emplace_back(begin, end);
  }
}

void MemoryFile::copy_from(const MemoryFile& other) {
  truncate(0);
  truncate(other.size());
  for (const auto& [begin, end] : other.extents()) {
    ByteVector bytes(end - begin);
    other.read(begin, bytes);
    write(begin, bytes);
  }
}

void MemoryFile::write(uint64_t offset, Bytes bytes) {
  if (!pwrite_all(fd_.get(), bytes, offset)) std::abort();
}

void MemoryFile::read(uint64_t offset, MutableBytes out) const {
  if (!pread_up_to(fd_.get(), out, offset)) std::abort();
}

void MemoryFile::truncate(uint64_t size) {
  if (ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) std::abort();
}

std::string mutate(MemoryFile& file, Dice& dice) {
  std::string done;
  for (uint64_t n = 1 + dice.below(3); n > 0; --n)
    done += (done.empty() ? "" : "; ") + dice.of(kMutators)(file, dice);
  return done;
}

}  // namespace kdump::test
