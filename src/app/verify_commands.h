// dcx verify: the checkers of proofs, for customers and auditors. They need no venue, believe nothing that they read,
// and exit with 0 only when everything holds that could be asked. Each kind has a file of its own, verify_KIND.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "proof/receipt.h"

namespace dcx::app {

struct VerifyOptions {
    std::string path;           // the proof file, or the folder
    std::string key;            // the venue's key.txt
    bool json = false;          // the result as one JSON object
    bool naive = false;         // of match-log: the checker that sorts everything
    std::string proofs;         // of journal: the private folder of proofs, when it is not in DATA
    std::string public_folder;  // and the public one
    std::string keys;           // the file with the secrets
    std::string vault;          // or the vault, and what opens it
    std::string passphrase_file;
    std::string archive;        // a folder of archived segments
    std::uint32_t account = 0;  // of liability: whose it must be; 0: not given
    std::string amount;         // and how much; empty: not given
    std::string checkpoint;     // and the note it is checked against, when it is not the file's
    std::string report;         // where the report is written; empty: nowhere
};

// The group. A new kind adds its command in its own file and is called from add_verify().
void add_verify(CLI::App& app, VerifyOptions& o, std::function<int()>& run);
void add_verify_proof_files(CLI::App* group, VerifyOptions& o, std::function<int()>& run);
void add_verify_journal(CLI::App* group, VerifyOptions& o, std::function<int()>& run);
void add_verify_liability(CLI::App* group, VerifyOptions& o, std::function<int()>& run);
void add_verify_match_log(CLI::App* group, VerifyOptions& o, std::function<int()>& run);

// A file's text, or a ProofError as an exception that is told to the user.
[[nodiscard]] std::string proof_text(const std::string& path);
// By the keys that the venue has published, a list of them (key.txt).
[[nodiscard]] proof::CheckNote check_by_keys(const std::string& key_file);

// By --key; when it was not given the check passes, so that the rest is still told, and refuse_without_key() makes it
// fail.
[[nodiscard]] proof::CheckNote note_check(const VerifyOptions& o);
class VerifyResult;
void refuse_without_key(const VerifyOptions& o, VerifyResult& result);

// What was found, for a person or a program, and the exit code.
class VerifyResult {
  public:
    explicit VerifyResult(const VerifyOptions& options) : options_(options) {}
    void tell(const std::string& name, const std::string& text);
    void tell(const std::string& name, std::uint64_t number);
    void refuse(const proof::ProofError& error);
    // Prints "right" or what is wrong.
    int finish(const std::string& right);

  private:
    struct Line {
        std::string name;
        std::string text;
        bool number;
    };
    const VerifyOptions& options_;
    std::vector<Line> lines_;
    std::optional<proof::ProofError> error_;
};

}  // namespace dcx::app
