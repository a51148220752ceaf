// The venue's folder: journal/, keys/, admin.token, and while it runs ready.json and admin.address. Made for its owner
// alone (0700).
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
    // The page that tells what the engine died on (engine/breadcrumb.h).
    [[nodiscard]] std::string breadcrumb() const { return journal() + "/breadcrumb"; }
    [[nodiscard]] std::string keys() const { return path_ + "/keys"; }
    [[nodiscard]] std::string key(const std::string& name) const { return keys() + "/" + name + ".key"; }
    [[nodiscard]] std::string ready() const { return path_ + "/ready.json"; }
    // Where clients of this machine ask for shared memory, unless the configuration names another place.
    [[nodiscard]] std::string order_entry_socket() const { return path_ + "/order-entry.sock"; }
    [[nodiscard]] std::string admin_address() const { return path_ + "/admin.address"; }

    [[nodiscard]] std::string admin_token_file() const { return path_ + "/admin.token"; }
    [[nodiscard]] std::string vault() const { return path_ + "/venue.vault"; }
    [[nodiscard]] std::string snapshots() const { return path_ + "/snapshots"; }
    // Of the proofs: their keys, what is private of them, and what anybody may copy.
    [[nodiscard]] std::string proof_keys() const { return path_ + "/proof.keys"; }
    [[nodiscard]] std::string proofs() const { return path_ + "/proofs"; }
    [[nodiscard]] std::string published() const { return path_ + "/public"; }
    // The queue of anchors.
    [[nodiscard]] std::string anchors() const { return path_ + "/anchors.sqlite"; }
    // The history store, unless the configuration names another.
    [[nodiscard]] std::string history() const { return path_ + "/history.sqlite"; }

    // What an admin request that changes something must carry: 64 hexadecimal digits, made at the first start. Throws
    // as make(), also when others than the owner have access to the file.
    [[nodiscard]] std::string make_admin_token() const;
    [[nodiscard]] std::string admin_token() const;

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
    // Its admin listener, which is there before the venue is ready.
    [[nodiscard]] std::expected<net::Endpoint, std::string> admin() const;
    void write_admin(const net::Endpoint& endpoint) const;
    void write_ready(const std::string& line) const;
    void remove_ready() const;

  private:
    [[nodiscard]] bool has_journal() const;

    std::string path_;
};

}  // namespace dcx::app
