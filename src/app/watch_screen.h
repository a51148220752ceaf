// What `dcx watch` draws on: a terminal.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "app/watch_picture.h"

namespace dcx::app {

// The alternate screen without cursor and line wrapping; the terminal is as before when this is gone.
class Screen {
  public:
    explicit Screen(std::FILE* out) : out_(out) { write("\x1b[?1049h\x1b[?25l\x1b[?7l"); }
    ~Screen() { write("\x1b[?7h\x1b[?25h\x1b[?1049l"); }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    void draw(std::string_view text) {
        std::string frame = "\x1b[H";
        for (const char c : text) {
            if (c == '\n') frame += "\x1b[K";
            frame += c;
        }
        write(frame + "\x1b[J");
    }
    // Levels a side that its height has room for.
    [[nodiscard]] std::size_t levels() const {
        winsize size{};
        if (::ioctl(::fileno(out_), TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return kPictureDepth;
        constexpr std::size_t others = 6;  // headings, spread, status, and the line where the cursor stands
        const std::size_t rows = size.ws_row;
        return std::clamp<std::size_t>(rows > others ? (rows - others) / 2 : 1, 1, kPictureDepth);
    }

  private:
    void write(std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), out_);
        std::fflush(out_);
    }
    std::FILE* out_;
};

inline bool is_utf8_terminal() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (value == nullptr || *value == '\0') continue;
        return std::strstr(value, "UTF-8") != nullptr || std::strstr(value, "utf8") != nullptr;
    }
    return false;
}

}  // namespace dcx::app
