// A passphrase of a vault, from a file or from the terminal. It is wiped by its owner; what the terminal showed of
// it is nothing.
#pragma once

#include <string>

#include "wallet/vault.h"

namespace dcx::app {

class PassphraseSource {
  public:
    // Opens the file, a pipe too, whose only line is the passphrase; a file that others than its owner may read is
    // refused. Without a path the terminal is asked. Throws std::runtime_error with a text, as all of this does.
    explicit PassphraseSource(std::string path);
    ~PassphraseSource();
    PassphraseSource(const PassphraseSource&) = delete;
    PassphraseSource& operator=(const PassphraseSource&) = delete;

    // Once. The terminal is asked without echo, even where standard input is something else; ctrl-C gives it back as it
    // was and ends the program.
    [[nodiscard]] wallet::Passphrase read(const std::string& prompt) const;
    // The same; the terminal is asked twice and both must agree.
    [[nodiscard]] wallet::Passphrase read_new(const std::string& prompt) const;

  private:
    std::string path_;
    int fd_ = -1;
};

}  // namespace dcx::app
