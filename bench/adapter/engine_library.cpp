#include "adapter/engine_library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace dcx::bench {
namespace {

template <class Function>
Function symbol(void* library, const char* name, bool needed = true) {
    void* const found = ::dlsym(library, name);
    if (found == nullptr && needed) throw std::runtime_error(std::string("exports no ") + name);
    return reinterpret_cast<Function>(found);
}

}  // namespace

EngineLibrary load_engine(const std::string& path, const AbiTransport* usual) {
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(::dlerror());
    EngineLibrary engine;
    engine.init = symbol<AbiInit>(library, "engine_init");
    engine.shutdown = symbol<AbiShutdown>(library, "engine_shutdown");
    engine.on_new_order = symbol<AbiOnNewOrder>(library, "engine_on_new_order");
    engine.on_cancel = symbol<AbiOnCancel>(library, "engine_on_cancel");
    engine.on_modify = symbol<AbiOnModify>(library, "engine_on_modify");
    engine.flush = symbol<AbiFlush>(library, "engine_flush");
    engine.query_best_bid = symbol<AbiQueryBest>(library, "engine_query_best_bid");
    engine.query_best_ask = symbol<AbiQueryBest>(library, "engine_query_best_ask");
    engine.query_depth_at = symbol<AbiQueryDepthAt>(library, "engine_query_depth_at");
    engine.on_batch = symbol<AbiOnBatch>(library, "engine_on_batch", false);
    const auto own = symbol<AbiGetTransport>(library, "engine_get_transport", false);
    engine.transport = own != nullptr ? own() : nullptr;
    if (engine.transport == nullptr) engine.transport = usual;
    if (engine.transport == nullptr) throw std::runtime_error("brings no transport");
    return engine;
}

std::vector<EngineLibrary> load_engines(const std::string& path, std::size_t count, const AbiTransport* usual) {
    std::vector<EngineLibrary> engines{load_engine(path, usual)};
    const auto folder = std::filesystem::temp_directory_path();
    while (engines.size() < count) {
        const auto copy =
            folder / ("engine_" + std::to_string(::getpid()) + "_" + std::to_string(engines.size()) + ".so");
        std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
        engines.push_back(load_engine(copy.string(), usual));
        std::filesystem::remove(copy);
    }
    return engines;
}

}  // namespace dcx::bench
