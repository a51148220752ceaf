// Any text is either refused or an address whose text is that text again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/chain_address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto address = dcx::parse_address(text);
    if (address && dcx::address_text(*address) != text) std::abort();
    if (!address && dcx::to_string(address.error()) == "unknown") std::abort();
    return 0;
}
