#include "app/history_listing.h"

#include <cstdio>

namespace dcx::app {
namespace {

using history::Field;
using history::Fields;

std::string text_of(const Fields& line, const std::string& column) {
    const auto at = std::ranges::find(line, column, &Field::name);
    if (at == line.end()) return {};
    // What could move the cursor of a terminal is not printed; JSON escapes it.
    std::string text = at->text;
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return text;
}

bool is_number(const std::string& text) { return !text.empty() && text.find_first_not_of("-.0123456789") == text.npos; }

void print(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
}

std::string padded(const std::string& text, std::size_t width) {
    const std::string space(width - std::min(width, text.size()), ' ');
    return is_number(text) ? space + text : text + space;
}

}  // namespace

void HistoryListing::add(const std::vector<Fields>& lines) {
    entries_ += lines.size();
    if (json_) {
        for (const Fields& line : lines) std::printf("%s\n", history::to_json(line).c_str());
        return;
    }
    if (lines.empty()) return;
    const bool first = widths_.empty();
    widths_.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        widths_[i] = std::max(widths_[i], columns_[i].size());
        for (const Fields& line : lines) widths_[i] = std::max(widths_[i], text_of(line, columns_[i]).size());
    }
    const auto row = [&](const auto& cell) {
        std::string text;
        for (std::size_t i = 0; i < columns_.size(); ++i) text += (i == 0 ? "" : "  ") + cell(i);
        print(text);
    };
    // Names stand over their numbers.
    if (first)
        row([&](std::size_t i) {
            const std::string space(widths_[i] - columns_[i].size(), ' ');
            return is_number(text_of(lines.front(), columns_[i])) ? space + columns_[i] : columns_[i] + space;
        });
    for (const Fields& line : lines) row([&](std::size_t i) { return padded(text_of(line, columns_[i]), widths_[i]); });
}

void HistoryListing::end() const {
    if (json_) {
        std::printf("{\"as_of\":%llu,\"entries\":%llu,\"next\":\"%s\"}\n",
                    static_cast<unsigned long long>(as_of_.value), static_cast<unsigned long long>(entries_),
                    next_.c_str());
        return;
    }
    if (entries_ == 0 && next_.empty()) std::printf("nothing\n");
    std::printf("as of command %llu%s%s\n", static_cast<unsigned long long>(as_of_.value),
                next_.empty() ? "" : "; there is more: --after ", next_.c_str());
}

}  // namespace dcx::app
