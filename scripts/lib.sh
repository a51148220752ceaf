# Shared by ./run, ./test, ./dev: the stages a door goes through. Source it from the repository root.
# Nothing here hides a failure: a stage that fails ends the door with what to do next.

shopt -s inherit_errexit

# The same object is a hit in another clone or build folder: paths are made relative to the root, and the compile folder
# does not count.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
export NINJA_STATUS="[%f/%t] "

stage_name="start"
stage_advice="Read the message above."

# stage NAME ADVICE: announces a stage with the time elapsed; ADVICE is printed when it fails.
stage() {
    stage_name="$1"
    stage_advice="$2"
    printf '==> [%3d s] %s\n' "$SECONDS" "$1"
}

on_exit() {
    local code=$?
    # The failing command has said why; this says where and what next.
    if [ "$code" -ne 0 ] && [ -n "$stage_name" ]; then
        printf '\nFAILED after %d s while doing: %s\n%s\n' "$SECONDS" "$stage_name" "$stage_advice" >&2
    fi
}
trap on_exit EXIT

# packages_of GROUP...: the packages of these groups.
packages_of() {
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { for (i = 2; i <= NF; ++i) print $i; found = 1 } END { exit !found }' \
            scripts/packages.txt
    done | sort -u
}

# missing_packages PACKAGE...: those of them that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        # Node from elsewhere brings its own npm, and Debian's would replace both.
        if [ "$package" = npm ] && command -v npm >/dev/null; then continue; fi
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || echo "$package"
    done
}

# need_packages GROUP...: installs what these groups lack, through apt as root or by sudo; apt is untouched when all is there.
need_packages() {
    local wanted missing as_root=() apt
    stage "packages ($*)" "Install the packages named above by hand, then run this again."
    wanted="$(packages_of "$@")"
    if ! command -v dpkg-query >/dev/null; then
        echo "This is no Debian system; assuming the equivalents of these are here:" $wanted
        return
    fi
    missing="$(missing_packages $wanted)"
    [ -n "$missing" ] || return 0
    missing="$(echo $missing)"
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            printf 'These packages are missing and there is neither root nor sudo here. Have somebody run:\n' >&2
            printf '  apt-get update && apt-get install --no-install-recommends -y %s\n' "$missing" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "Installing what the build and the tools of this command need and this machine lacks: $missing"
    apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
    # One unreachable source among several must not stop an install that does not need it.
    ${as_root[@]+"${as_root[@]}"} "${apt[@]}" update </dev/null >/dev/null ||
        echo "apt-get update had errors (above); trying to install all the same."
    # Servers are for private ones of the tests: those of the packages stay stopped.
    ${as_root[@]+"${as_root[@]}"} scripts/without_services.sh "${apt[@]}" install --no-install-recommends $missing \
        </dev/null >/dev/null
}

# want_packages GROUP...: the same, but where they can't be had that is told and the command goes on: what needs them is skipped.
want_packages() {
    (trap - EXIT; need_packages "$@") ||
        echo "These packages can't be installed here; tests that need them will be skipped: $(echo $(packages_of "$@"))"
}

# configure PRESET [CMAKE OPTIONS]: into build/PRESET. Quiet unless it fails.
configure() {
    local preset="$1" log
    shift
    stage "configure $preset" "Remove build/$preset and try again; if it persists, the message above names what is missing."
    mkdir -p build
    log="build/configure-$preset.log"
    if ! cmake --preset "$preset" "$@" >"$log" 2>&1; then
        cat "$log" >&2
        return 1
    fi
}

# build PRESET [TARGET...]
build() {
    local preset="$1"
    shift
    stage "build $preset${*:+ ($*)}" "The compiler's message is above. Out of memory? Try again with DCX_JOBS=1 in the environment."
    cmake --build "build/$preset" --parallel "${DCX_JOBS:-$(nproc)}" ${*:+--target "$@"}
}

# run_tests PRESET SECONDS [CTEST OPTIONS]: runs the tests built in build/PRESET, each with this time limit; the last line
# printed is the count. The report decides, not ctest's exit code: it also names what was skipped and why.
run_tests() {
    local preset="$1" seconds="$2" report
    shift 2
    stage "tests ($preset)" "Run one again with: ./dev test --preset $preset PATTERN"
    report="$PWD/build/$preset/test-report.xml"
    rm -f "$report"
    ctest --test-dir "build/$preset" --parallel 2 --output-on-failure --timeout "$seconds" --no-tests=error \
        --test-output-size-passed 65536 --test-output-size-failed 262144 --output-junit "$report" "$@" |
        grep --line-buffered -v "^ *Start *[0-9]" || true
    stage "counts" "Run one again with: ./dev test --preset $preset PATTERN"
    python3 scripts/test_summary.py "$report"
}
