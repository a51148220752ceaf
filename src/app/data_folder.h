// The venue's folder: journal/, keys/, and ready.json while it runs. Made for its owner alone (0700).
#pragma once

#include <expected>
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
    // Where the venue that runs on this folder listens for orders; refuses when none does.
    [[nodiscard]] std::expected<net::Endpoint, std::string> order_entry() const;
    void write_ready(const std::string& line) const;
    void remove_ready() const;

  private:
    std::string path_;
};

}  // namespace dcx::app
