// The venue's folder: journal/, keys/, and ready.json while it runs. Made for its owner alone (0700).
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "client/key_file.h"
#include "net/socket.h"

namespace dcx::app {

class DataFolder {
  public:
    explicit DataFolder(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string journal() const { return path_ + "/journal"; }
    [[nodiscard]] std::string keys() const { return path_ + "/keys"; }
    [[nodiscard]] std::string key(const std::string& name) const { return keys() + "/" + name + ".key"; }
    [[nodiscard]] std::string ready() const { return path_ + "/ready.json"; }

    // Makes what is missing. Throws std::runtime_error with a text.
    void make() const;
    // The operator's key; made when there is none, which is right only for a venue that is not there yet.
    [[nodiscard]] client::ClientKey operator_key() const;
    // With dual control: the founding key of a second person, key 2, to be taken to another machine after the first
    // start. Made and given as operator_key(); none when the venue is there already and the file is not.
    [[nodiscard]] std::optional<client::ClientKey> second_operator_key() const;

    // A key that the venue has not taken yet stands in a file of its own, without its number.
    [[nodiscard]] std::string proposed_key(const std::string& name) const { return keys() + "/" + name + ".proposed"; }
    void write_proposed(const std::string& name, client::ClientKey key) const;
    void remove_proposed(const std::string& name) const;
    // The venue has taken the key: its file gets its number and its name. Empty when none of the folder's is this one.
    [[nodiscard]] std::string complete_key(const Ed25519PublicKey& public_key, KeyId id) const;

    // Where the venue that runs on this folder listens for orders; refuses when none does.
    [[nodiscard]] std::expected<net::Endpoint, std::string> order_entry() const;
    void write_ready(const std::string& line) const;
    void remove_ready() const;

  private:
    [[nodiscard]] bool has_journal() const;

    std::string path_;
};

}  // namespace dcx::app
