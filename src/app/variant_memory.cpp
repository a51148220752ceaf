#include "app/variant_memory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/descriptor.h"

namespace dcx::app {

namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kUsesMax = 100'000;
constexpr std::size_t kSymbolMax = 64;

bool number(const Json& object, const char* key, std::uint64_t& out) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_unsigned()) return false;
    out = found->get<std::uint64_t>();
    return true;
}

bool read_use(const Json& entry, feed::VariantUse& use) {
    if (!entry.is_object()) return false;
    const auto symbol = entry.find("symbol");
    const auto name = entry.find("channel");
    const auto formats = entry.find("formats");
    std::uint64_t depth = 0;
    if (symbol == entry.end() || !symbol->is_string() || name == entry.end() || !name->is_string() ||
        formats == entry.end() || !formats->is_array() || !number(entry, "depth", depth) ||
        !number(entry, "from", use.from) || !number(entry, "last", use.last) ||
        !number(entry, "position", use.position))
        return false;
    use.symbol = symbol->get<std::string>();
    const auto channel = feed::channel_named(name->get<std::string>());
    if (!channel || use.symbol.empty() || use.symbol.size() > kSymbolMax) return false;
    use.key.channel = *channel;
    if (*channel == feed::Channel::orderbook ? !feed::is_depth(depth) : depth != 0) return false;
    use.key.depth = static_cast<std::uint32_t>(depth);
    for (const Json& format : *formats) {
        if (format != "json" && format != "msgpack") return false;
        use.formats[feed::index_of(format == "json" ? feed::Format::json : feed::Format::msgpack)] = true;
    }
    return feed::is_same_everywhere(use.key) && use.from <= use.last && use.last <= use.position;
}

}  // namespace

std::string text_of(const std::vector<feed::VariantUse>& uses) {
    Json list = Json::array();
    for (const feed::VariantUse& use : uses) {
        Json formats = Json::array();
        if (use.formats[feed::index_of(feed::Format::json)]) formats.push_back("json");
        if (use.formats[feed::index_of(feed::Format::msgpack)]) formats.push_back("msgpack");
        list.push_back(Json{{"symbol", use.symbol},
                            {"channel", feed::name_of(use.key.channel)},
                            {"depth", use.key.depth},
                            {"formats", std::move(formats)},
                            {"from", use.from},
                            {"last", use.last},
                            {"position", use.position}});
    }
    return Json{{"version", 1}, {"variants", std::move(list)}}.dump() + "\n";
}

std::expected<std::vector<feed::VariantUse>, std::string> variants_in(std::string_view text) {
    const Json parsed = Json::parse(text, nullptr, false);
    const auto wrong = std::unexpected(std::string{"is no list of variants"});
    if (!parsed.is_object() || parsed.value("version", Json{}) != 1) return wrong;
    const auto list = parsed.find("variants");
    if (list == parsed.end() || !list->is_array() || list->size() > kUsesMax) return wrong;
    std::vector<feed::VariantUse> uses;
    for (const Json& entry : *list)
        if (!read_use(entry, uses.emplace_back())) return wrong;
    return uses;
}

std::expected<std::vector<feed::VariantUse>, std::string> VariantMemory::read() const {
    std::ifstream in(path_, std::ios::binary);
    if (!in.is_open()) return std::vector<feed::VariantUse>{};
    std::string text(kBytesMax, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto uses = variants_in(text);
    if (!uses) return std::unexpected(path_ + ": " + uses.error());
    return uses;
}

std::expected<void, std::string> VariantMemory::note(std::vector<feed::VariantUse> uses) {
    samples_.push_back(uses);
    if (samples_.size() > kSamples) samples_.pop_front();
    const auto is = [](const feed::VariantUse& a) {
        return [&a](const feed::VariantUse& b) { return a.key == b.key && a.symbol == b.symbol; };
    };
    // The oldest note since when the chain has gone on.
    for (feed::VariantUse& use : uses)
        for (auto sample = samples_.rbegin(); sample != samples_.rend(); ++sample) {
            const auto then = std::ranges::find_if(*sample, is(use));
            if (then == sample->end() || then->last > use.from) break;
            use.from = then->last;
        }
    std::string text = text_of(uses);
    if (text == written_) return {};
    const std::string beside = path_ + ".new";
    const auto failed = [&] { return std::unexpected(beside + ": " + std::generic_category().message(errno)); };
    const Descriptor file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (file.get() < 0) return failed();
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return failed();
    if (::rename(beside.c_str(), path_.c_str()) != 0) return failed();
    written_ = std::move(text);
    return {};
}

}  // namespace dcx::app
