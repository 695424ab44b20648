// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/notes.h"

#include <algorithm>

#include "common/cursor.h"
#include "common/layout/elf.h"

namespace kdump {
namespace {

constexpr size_t kNoteAlignment = 4;  // for ELF64, too: gABI says 8, every core file in the world has 4
constexpr std::string_view kVmcoreinfo = "VMCOREINFO";  // a NUL follows
constexpr std::string_view kCore = "CORE";
constexpr std::string_view kEraseInfo = "ERASEINFO";

std::string_view without_nul(Bytes name) {
  const std::string_view text = text_of(name);
  return text.substr(0, text.find('\0'));
}

// A field and its padding; the last note's padding may be missing.
Result<Bytes> padded(Cursor& cursor, uint32_t size, std::string_view field) {
  const Bytes bytes = TRY(cursor.bytes(size, field));
  const size_t padding = (kNoteAlignment - size % kNoteAlignment) % kNoteAlignment;
  TRY(cursor.skip(std::min(padding, cursor.remaining()), field));
  return bytes;
}

template <typename E>
Result<Note> read_note(Cursor& cursor) {
  const auto header = TRY(cursor.read<elf::Nhdr<E>>("note header"));
  const Bytes name = TRY(padded(cursor, header.n_namesz, "note name (n_namesz)"));
  const Bytes descriptor = TRY(padded(cursor, header.n_descsz, "note descriptor (n_descsz)"));
  return Note{without_nul(name), header.n_type, descriptor};
}

template <typename E>
ByteVector named_vmcoreinfo(Bytes text) {
  elf::Nhdr<E> header{};
  header.n_namesz = static_cast<uint32_t>(kVmcoreinfo.size() + 1);
  header.n_descsz = static_cast<uint32_t>(text.size());
  ByteVector note(bytes_of(header).begin(), bytes_of(header).end());
  const auto append = [&note](Bytes bytes) {
    note.insert(note.end(), bytes.begin(), bytes.end());
    note.resize((note.size() + kNoteAlignment - 1) / kNoteAlignment * kNoteAlignment);
  };
  append(std::as_bytes(std::span(kVmcoreinfo.data(), kVmcoreinfo.size() + 1)));
  append(text);
  return note;
}

// Crash notes of CPUs that never came up, and what is left of a page behind the last note, are zeros.
Status skip_zeros(Cursor& cursor, Bytes raw) {
  while (!cursor.at_end()) {
    const size_t step = std::min(kNoteAlignment, cursor.remaining());
    if (!all_zero(raw.subspan(cursor.offset(), step))) break;
    TRY(cursor.skip(step, "padding"));
  }
  return {};
}

}  // namespace

ByteVector vmcoreinfo_note(Bytes text, bool big_endian) {
  return big_endian ? named_vmcoreinfo<Big>(text) : named_vmcoreinfo<Little>(text);
}

Notes Notes::parse(ByteVector raw, bool big_endian, std::string_view source) {
  Notes notes;
  notes.raw_ = std::move(raw);
  const Status walked = big_endian ? notes.walk<Big>(source) : notes.walk<Little>(source);
  if (!walked) notes.damage_ = walked.error().message();
  return notes;
}

template <typename E>
Status Notes::walk(std::string_view source) {
  Cursor cursor(raw_, source);
  while (true) {
    TRY(skip_zeros(cursor, raw_));
    if (cursor.at_end()) return {};
    const Note note = TRY(read_note<E>(cursor));
    take(note);
  }
}

void Notes::take(const Note& note) {
  const auto offset = static_cast<size_t>(note.descriptor.data() - raw_.data());
  if (note.name == kCore && note.type == elf::NT_PRSTATUS)
    prstatus_.push_back({offset, note.descriptor.size()});
  if (note.name == kEraseInfo) erase_info_ = {offset, note.descriptor.size()};
  if (note.name != kVmcoreinfo || note.type != 0 || without_nul(note.descriptor).empty()) return;
  vmcoreinfo_offset_ = offset;
  vmcoreinfo_size_ = note.descriptor.size();
}

Bytes Notes::prstatus(uint32_t index) const {
  return Bytes(raw_).subspan(prstatus_[index].offset, prstatus_[index].size);
}

std::string_view Notes::erase_info() const {
  const std::string_view text = text_of(Bytes(raw_).subspan(erase_info_.offset, erase_info_.size));
  return text.substr(0, text.find('\0'));
}

std::string_view Notes::vmcoreinfo() const {
  const std::string_view text = text_of(Bytes(raw_).subspan(vmcoreinfo_offset_, vmcoreinfo_size_));
  return text.substr(0, text.find('\0'));
}

}  // namespace kdump
