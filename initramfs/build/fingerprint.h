// SPDX-License-Identifier: GPL-2.0-or-later
// fingerprint.json: what an image was made from, so that a change is seen by content.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/error.h"
#include "initramfs/plan/plan.h"

namespace kdump::image {

inline constexpr int kFingerprintFormat = 1;  // raised when the builder makes other images of the same inputs

struct Fingerprint {
  std::string image;                          // SHA-256 of initramfs.img
  std::map<std::string, std::string> inputs;  // path of a file that went in: SHA-256 of its content
  std::map<std::string, std::string> plan;    // key of plan.json: its value as JSON
};

std::map<std::string, std::string> plan_by_key(const plan::Plan& plan);

std::string to_json(const Fingerprint& fingerprint);
// Never throws; an error says what is off.
Result<Fingerprint> fingerprint_from_json(std::string_view text);

// The first difference in words, "" when there is none: files first, since a changed kdump.conf explains the
// plan that changed with it. The image's own digest is not looked at.
std::string first_difference(const Fingerprint& before, const Fingerprint& now);

}  // namespace kdump::image
