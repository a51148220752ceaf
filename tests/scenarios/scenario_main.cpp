// dcx_scenario FILE...: runs scenario files; README.md here has their language.
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "scenarios/scenario.h"

namespace {

bool indented(const std::string& line) { return line.starts_with(' '); }
bool says_nothing(const std::string& line) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    return begin == line.npos || (line[begin] == '#' && (begin + 1 == line.size() || line[begin + 1] == ' '));
}

// True when every line held; the first one that did not is told.
bool run_file(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    if (!file.eof() || lines.empty()) {
        std::cout << path << ": cannot be read, or is empty\n";
        return false;
    }
    dcx::scenarios::Scenario scenario;
    std::size_t statements = 0;
    for (std::size_t i = 0; i < lines.size();) {
        const std::size_t first = i++;
        if (says_nothing(lines[first])) continue;
        std::vector<std::string> more;
        for (; i < lines.size() && indented(lines[i]); ++i)
            if (!says_nothing(lines[i])) more.push_back(lines[i]);
        try {
            if (indented(lines[first])) throw dcx::scenarios::ScenarioError("indented, but no statement before it");
            scenario.run(lines[first], more);
            ++statements;
        } catch (const std::exception& error) {
            std::cout << path << ":" << first + 1 << ": " << lines[first] << "\n" << error.what() << "\n";
            return false;
        }
    }
    if (statements == 0) std::cout << path << ": no statement\n";
    return statements > 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cout << "usage: dcx_scenario FILE...\n";
        return 2;
    }
    bool held = true;
    for (int i = 1; i < argc; ++i) held = run_file(argv[i]) && held;
    return held ? 0 : 1;
}
