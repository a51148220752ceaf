// Error: why an operation on a socket failed, as text for a person and errno for a program (0 when there is none).
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

namespace dcx::net {

struct Error {
    std::string text;
    int code = 0;
};

// "what: description of the system's error number".
[[nodiscard]] inline Error system_error(std::string_view what, int code = errno) {
    const char* description = ::strerrordesc_np(code);
    return {std::string{what} + ": " + (description != nullptr ? description : "unknown error"), code};
}

}  // namespace dcx::net
