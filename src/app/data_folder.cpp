#include "app/data_folder.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "base/ed25519.h"

namespace dcx::app {

namespace fs = std::filesystem;

namespace {

// "address:port", "[address]:port".
std::optional<net::Endpoint> endpoint_of(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    net::Endpoint endpoint;
    endpoint.address = text.substr(0, colon);
    if (endpoint.address.starts_with('[') && endpoint.address.ends_with(']'))
        endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, endpoint.port);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return endpoint;
}

}  // namespace

void DataFolder::make() const {
    for (const std::string& folder : {path_, keys()}) {
        std::error_code error;
        const bool made = fs::create_directories(folder, error);
        if (!error && made) fs::permissions(folder, fs::perms::owner_all, error);
        if (error) throw std::runtime_error(folder + ": " + error.message());
    }
}

client::ClientKey DataFolder::operator_key() const {
    const std::string file = key("operator");
    if (!fs::exists(file)) {
        // Not with a journal of another key beside it: nobody could operate that venue.
        if (has_journal())
            throw std::runtime_error(file + " is missing, and the journal beside it knows no other operator");
        client::ClientKey key{.key = KeyId{1u}, .account = {}, .seed = {}};
        random_bytes(key.seed);
        if (const auto written = client::write_key_file(file, key); !written) throw std::runtime_error(written.error());
    }
    auto key = client::read_key_file(file);
    if (!key) throw std::runtime_error(key.error());
    return *key;
}

bool DataFolder::has_journal() const { return fs::exists(journal()) && !fs::is_empty(journal()); }

std::optional<client::ClientKey> DataFolder::second_operator_key() const {
    const std::string file = key("operator-2");
    if (!fs::exists(file)) {
        // Taken away, as it should be.
        if (has_journal()) return std::nullopt;
        client::ClientKey key{.key = KeyId{2u}, .account = {}, .seed = {}};
        random_bytes(key.seed);
        if (const auto written = client::write_key_file(file, key); !written) throw std::runtime_error(written.error());
    }
    auto key = client::read_key_file(file);
    if (!key) throw std::runtime_error(key.error());
    return *key;
}

void DataFolder::write_proposed(const std::string& name, client::ClientKey key) const {
    // Its number is not known yet; a key file has one.
    key.key = KeyId{~std::uint32_t{0}};
    if (const auto written = client::write_key_file(proposed_key(name), key); !written)
        throw std::runtime_error(written.error());
}

void DataFolder::remove_proposed(const std::string& name) const {
    std::error_code ignored;
    fs::remove(proposed_key(name), ignored);
}

std::string DataFolder::complete_key(const Ed25519PublicKey& public_key, KeyId id) const {
    for (const auto& entry : fs::directory_iterator(keys())) {
        if (entry.path().extension() != ".proposed") continue;
        auto key = client::read_key_file(entry.path().string());
        if (!key || ed25519_public_key(key->seed) != public_key) continue;
        key->key = id;
        const std::string name = entry.path().stem().string();
        if (const auto written = client::write_key_file(this->key(name), *key); !written)
            throw std::runtime_error(written.error());
        remove_proposed(name);
        return this->key(name);
    }
    return {};
}

std::expected<net::Endpoint, std::string> DataFolder::order_entry() const {
    std::ifstream in(ready());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (!in.is_open() || !parsed.is_object() || !parsed.contains("order_entry") || !parsed["order_entry"].is_string())
        return std::unexpected("no venue runs on " + path_ + " (start one: dcx serve --data " + path_ + ")");
    const auto endpoint = endpoint_of(parsed["order_entry"].get<std::string>());
    if (!endpoint) return std::unexpected(ready() + " names no address");
    return *endpoint;
}

void DataFolder::write_ready(const std::string& line) const {
    const std::string beside = ready() + ".new";
    std::ofstream(beside) << line << "\n";
    fs::rename(beside, ready());
}

void DataFolder::remove_ready() const {
    std::error_code ignored;
    fs::remove(ready(), ignored);
}

}  // namespace dcx::app
