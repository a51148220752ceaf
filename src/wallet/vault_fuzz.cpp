// Any bytes are either refused or a vault whose file is these bytes again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/sha256.h"
#include "wallet/vault_format.h"

namespace {

void check(std::span<const std::byte> file) {
    const auto sealed = dcx::wallet::parse_vault(file);
    if (sealed && !std::ranges::equal(sealed->file(), file)) std::abort();
    if (!sealed && dcx::wallet::to_string(sealed.error()) == "unknown") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto given = std::as_bytes(std::span{data, size});
    check(given);
    // No fuzzer finds a checksum: the same with the right one at its end.
    std::vector<std::byte> completed(given.begin(), given.end());
    const dcx::Digest checksum = dcx::Sha256::of(completed);
    completed.insert(completed.end(), checksum.begin(), checksum.end());
    check(completed);
    return 0;
}
