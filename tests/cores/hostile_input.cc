// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cores/hostile_input.h"

#include <fmt/core.h>

#include <algorithm>

namespace kdump::test {
namespace {

using Files = std::vector<std::unique_ptr<MemoryFile>>;
using Sources = std::span<const Source>;

std::unique_ptr<MemoryFile> copy_of(const MemoryFile& file) {
  auto copy = std::make_unique<MemoryFile>("input");
  copy->copy_from(file);
  return copy;
}

size_t any_of(const Files& files, Dice& dice) { return dice.below(files.size()); }

std::string lose(Files& files, Sources /*sources*/, Dice& dice) {
  if (files.size() < 2) return "nothing is lost";
  const size_t i = any_of(files, dice);
  files.erase(files.begin() + static_cast<ptrdiff_t>(i));
  return fmt::format("part {} is missing", i);
}

std::string repeat(Files& files, Sources /*sources*/, Dice& dice) {
  const size_t i = any_of(files, dice);
  files.push_back(copy_of(*files[i]));
  return fmt::format("part {} twice", i);
}

std::string swap(Files& files, Sources /*sources*/, Dice& dice) {
  const size_t i = any_of(files, dice), j = any_of(files, dice);
  std::swap(files[i], files[j]);
  return fmt::format("parts {} and {} swapped", i, j);
}

// A whole dump, or a part of another one.
std::string exchange(Files& files, Sources sources, Dice& dice) {
  const Source& source = sources[dice.below(sources.size())];
  const size_t i = any_of(files, dice), j = any_of(source.files, dice);
  files[i] = copy_of(*source.files[j]);
  return fmt::format("part {} is {}'s {}", i, source.name, j);
}

// The headers and bitmaps of one part stand before the data of another.
std::string behead(Files& files, Sources /*sources*/, Dice& dice) {
  constexpr uint64_t kBlock = 4096;
  const size_t i = any_of(files, dice), j = any_of(files, dice);
  ByteVector head(kBlock * (1 + dice.below(4)));
  files[i]->read(0, head);
  files[j]->write(0, head);
  return fmt::format("part {} begins with {} bytes of {}", j, head.size(), i);
}

using SetMutator = std::string (*)(Files&, Sources, Dice&);
constexpr SetMutator kSetMutators[] = {lose, repeat, swap, swap, exchange, behead};

}  // namespace

std::vector<std::string> HostileInput::paths() const {
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(file->path());
  return paths;
}

HostileInput make_input(Sources sources, Dice& dice) {
  const Source& source = sources[dice.below(sources.size())];
  HostileInput input{source.shape, {}, source.name + ":"};
  for (const auto& file : source.files) input.files.push_back(copy_of(*file));
  const bool set = source.shape == Shape::parts;
  if (set && dice.one_in(2)) input.what += " " + dice.of(kSetMutators)(input.files, sources, dice) + ";";
  // Not every file is wrong, but one is where the set is right.
  const bool whole = input.what.back() == ':';
  if (set && !whole && dice.one_in(2)) return input;
  const size_t i = any_of(input.files, dice);
  if (set) input.what += fmt::format(" part {}:", i);
  input.what += " " + mutate(*input.files[i], dice);
  return input;
}

}  // namespace kdump::test
