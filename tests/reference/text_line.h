// TextLine: collects " name value" pairs; numbers, strong types, enumerations and texts alike.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "base/sha256.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::reference {

class TextLine {
  public:
    explicit TextLine(std::string_view start) : text_(start) {}
    template <class T>
    TextLine& operator()(std::string_view name, const T& value) {
        text_ += ' ';
        text_ += name;
        text_ += ' ';
        add(value);
        return *this;
    }
    [[nodiscard]] std::string text() const { return text_; }

  private:
    template <class T>
    void add(const T& value) {
        if constexpr (requires { value.view(); }) {
            text_ += '\'';
            text_ += value.view();
            text_ += '\'';
        } else if constexpr (std::is_same_v<T, TransferId>) {
            text_ += std::to_string(value.high) + ':' + std::to_string(value.low);
        } else if constexpr (std::is_same_v<T, ChainAddress>) {
            text_ += to_hex(value.hash) + '/' + std::to_string(static_cast<unsigned>(value.kind));
        } else if constexpr (requires { to_hex(value); }) {
            text_ += to_hex(value);
        } else if constexpr (requires { value.value; }) {
            text_ += std::to_string(value.value);
        } else if constexpr (requires { to_string(value); }) {
            text_ += to_string(value);
            text_ += '(' + std::to_string(static_cast<unsigned>(value)) + ')';
        } else if constexpr (std::is_enum_v<T>) {
            text_ += std::to_string(static_cast<unsigned>(value));
        } else {
            text_ += std::to_string(value);
        }
    }
    std::string text_;
};

// text_custody.cpp: of the chain's commands and events; nothing for others.
void custody_of(TextLine& line, const Command& command);
void custody_of(TextLine& line, const Event& event);

}  // namespace dcx::reference
