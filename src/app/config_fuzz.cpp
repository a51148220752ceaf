// Any text is either a configuration or an error with a text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto config = dcx::app::parse_config({reinterpret_cast<const char*>(data), size});
    if (!config && config.error().text.empty()) std::abort();
    return 0;
}
