// SessionFile: what a TradingClient must remember to resume its session in another process: the commands that were sent
// and have not been answered, under which sequences, and the next report to be told. With it a restarted process asks
// the venue which of them were taken, sends the others again (or tells that they are too old), and hears what it
// missed.
//
// Why nothing is doubled: a command is in the file before it is sent, under its sequence, and the venue takes each
// sequence once. Without a file nothing is doubled either, because a new process knows of no command to send again and
// its cl_ord_id begins above the venue's last; it only does not know what became of the old ones.
//
// The file is mapped and written by stores, so it costs no system call and survives the death of the process at any
// instruction, but it is not synced: after a crash of the machine it may be older than it was, and the venue's numbers
// then close the client rather than let it guess. A report is marked as told after its call, so the one that was being
// told at the death is told again, with the same number. Commands that had not been sent are not in it. One process
// at a time: the file is locked. Mode 0600, about 2 MB. Errors are texts that name the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "client/outbox.h"
#include "model/types.h"

namespace dcx::client {

class SessionFile {
  public:
    // As many commands as can wait for their answers at once.
    static constexpr std::size_t kSlots = 16'384;

    // Opens it, or makes a new one. Refused: it is another session's, another process has it, or it is none.
    [[nodiscard]] static std::expected<SessionFile, std::string> open(const std::string& path, KeyId key,
                                                                      std::uint64_t client_session);
    SessionFile(SessionFile&& other) noexcept;
    SessionFile& operator=(SessionFile&&) = delete;
    ~SessionFile() { close(); }

    // What was sent and not answered, by sequence; their ages go on by the wall clock.
    [[nodiscard]] std::vector<OutboxCommand> unanswered(std::int64_t now_ns) const;
    // 0: none has been told yet.
    [[nodiscard]] std::uint64_t next_report() const;
    // The highest sequences that were sent and answered; 0: none.
    [[nodiscard]] std::uint64_t last_sent() const;
    [[nodiscard]] std::uint64_t answered_through() const;

    // Before it is sent.
    void sending(const OutboxCommand& command, std::uint64_t sequence);
    // It and all before it are answered.
    void answered(std::uint64_t sequence);
    // Those from `next` on were not taken and are not on their way.
    void venue_expects(std::uint64_t next);
    void next_report(std::uint64_t next);
    // Nothing is unanswered any more: its owner has been told that he has to ask.
    void forget();
    // Unlocks it.
    void close();

  private:
    struct Layout;
    SessionFile(Descriptor file, Layout* layout) : file_(std::move(file)), layout_(layout) {}

    Descriptor file_;
    Layout* layout_ = nullptr;
};

}  // namespace dcx::client
