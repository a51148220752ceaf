// What anybody may read of a venue's proofs, on its http listener, read only and in bounded pieces:
//
//     GET /v1/proofs/key.txt                the verifier keys
//     GET /v1/proofs/keys/N                 the note by which a key names the one that signs from checkpoint N on
//     GET /v1/proofs/checkpoints/latest     the newest signed checkpoint
//     GET /v1/proofs/checkpoints/N
//     GET /v1/proofs/match-log              its files, as JSON: [{"name","bytes"}]
//     GET /v1/proofs/match-log/NAME?from=   at most 256 KiB of a file from that byte on; nothing at its end
//
// On the pages' thread: each answer is one small read of a file that was just written or is in the system's cache. Who
// wants the whole log copies the folder.
#pragma once

#include <string>

#include "net/http.h"

namespace dcx::app {

inline constexpr std::size_t kMatchLogPiece = std::size_t{256} << 10;

void serve_proofs(net::HttpServer& http, const std::string& public_folder);

}  // namespace dcx::app
