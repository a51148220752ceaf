// PrometheusText: metrics in Prometheus' text format, version 0.0.4. Each family is begun once and holds its samples.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dcx::app {

class PrometheusText {
  public:
    // `type`: counter or gauge. A counter's name ends in _total.
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_ += "# HELP " + name_ + ' ' + escaped(help, false) + "\n# TYPE " + name_ + ' ' + std::string{type} + '\n';
    }
    // Of the family begun last.
    void sample(std::uint64_t value) { text_ += name_ + ' ' + std::to_string(value) + '\n'; }
    void sample(std::string_view label, std::string_view of, std::uint64_t value) {
        text_ += name_ + '{' + std::string{label} + "=\"" + escaped(of, true) + "\"} " + std::to_string(value) + '\n';
    }
    void counter(std::string_view name, std::uint64_t value, std::string_view help) {
        family(name, "counter", help);
        sample(value);
    }
    void gauge(std::string_view name, std::uint64_t value, std::string_view help) {
        family(name, "gauge", help);
        sample(value);
    }
    // Of a duration in nanoseconds, as seconds with six decimals. Not negative.
    void seconds(std::string_view name, std::int64_t ns, std::string_view help) {
        family(name, "gauge", help);
        const std::string us = std::to_string(ns / 1'000 % 1'000'000);
        text_ += name_ + ' ' + std::to_string(ns / 1'000'000'000) + '.' + std::string(6 - us.size(), '0') + us + '\n';
    }
    // Whole families of somebody else.
    void append(std::string_view text) { text_ += text; }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    static std::string escaped(std::string_view text, bool label) {
        std::string out;
        for (const char c : text) {
            if (c == '\n') {
                out += "\\n";
                continue;
            }
            if (c == '\\' || (label && c == '"')) out += '\\';
            out += c;
        }
        return out;
    }

    std::string text_;
    std::string name_;
};

}  // namespace dcx::app
