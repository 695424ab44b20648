// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/digest.h"

#include <openssl/evp.h>

#include <span>

namespace kdump::image {

Result<std::string> sha256(Bytes data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(data.data(), data.size(), digest, &length, EVP_sha256(), nullptr) != 1)
    return fail("libcrypto cannot compute a SHA-256");
  std::string text;
  for (const unsigned char byte : std::span(digest, length)) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace kdump::image
