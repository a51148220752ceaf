#include <algorithm>

#include "reference/text.h"
#include "scenarios/scenario.h"

namespace dcx::scenarios {

namespace {

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

std::string trimmed(const std::string& text) {
    const std::size_t begin = text.find_first_not_of(' ');
    return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> items;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(';', begin), text.size());
        items.push_back(trimmed(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return items;
}

// The first words are enough.
bool tells(const std::string& told, const std::string& event) { return event == told || event.starts_with(told + " "); }

// They follow from the others, so a line need not name them.
bool may_be_left_out(const std::string& verb) {
    return verb == "rested" || verb == "filled" || verb == "negotiated" || verb == "established" ||
           verb == "disconnected" || verb == "body";
}

}  // namespace

void Scenario::compare_events(const std::vector<Event>& events, const std::string* told) const {
    std::vector<std::string> texts;
    for (const Event& event : events) {
        texts.push_back(event_text(event));
        if (texts.back().empty()) texts.back() = reference::describe(event);
    }
    std::string all;
    for (const std::string& text : texts) all += "  " + text + "\n";
    if (told == nullptr) {
        // Raw bytes may be refused: what counts there is that core and twin agree.
        const bool raw = parties_.empty();
        const auto refused = [](const std::string& text) {
            return text.starts_with("rejected ") || text.starts_with("refused ");
        };
        if (!raw && std::any_of(texts.begin(), texts.end(), refused))
            throw ScenarioError("not expected to be refused:\n" + all);
        return;
    }
    const std::vector<std::string> items = split(*told);
    const auto named = [&](const std::string& verb) {
        return std::any_of(items.begin(), items.end(),
                           [&](const std::string& item) { return first_word(item) == verb; });
    };
    std::erase_if(
        texts, [&](const std::string& text) { return may_be_left_out(first_word(text)) && !named(first_word(text)); });
    bool same = items.size() == texts.size();
    for (std::size_t i = 0; same && i < items.size(); ++i) same = tells(items[i], texts[i]);
    if (!same) throw ScenarioError("the events are\n" + all);
}

}  // namespace dcx::scenarios
