#!/bin/sh
# Installs pinned tools into .tools/, each group once. A second run has nothing to do and says nothing.
#
#   infra/tools.sh base     nothing: only says so if Rust or a C compiler is missing
#   infra/tools.sh dev      cargo-lambda
#   infra/tools.sh check    cargo-lambda, SAM, cfn-lint, cargo-deny, cargo-shear
#   infra/tools.sh test     cargo-lambda, schemathesis, and DynamoDB Local where Java and Maven are there for it;
#                           writes .tools/test.env, which tells the tests where these are
#   infra/tools.sh lock     resolves infra/tools/requirements-*.in anew, after a change to one of them
#
# Where things are afterwards: cargo-lambda in .tools/venv/bin, every other program in .tools/bin, the jars of DynamoDB
# Local in .tools/dynamodb-local.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tools=$root/.tools
pins=$root/infra/tools
cd "$root"

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# ---- What has to be there already ----------------------------------------------------------------------------------

# at_least HAVE WANTED: whether version HAVE is WANTED or newer, by its first two numbers.
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
            fail "Rust is missing: install version $wanted or newer (https://rustup.rs says how), and run this again."
    done
    have=$(rustc --version 2>/dev/null | awk '{ print $2 }')
    [ -n "$have" ] || fail "rustc does not run here: 'rustc --version' says why."
    at_least "$have" "$wanted" ||
        fail "Rust $wanted or newer is needed, and this is $have: run 'rustup update stable', and then this again."
}

# Compiles and links, because a compiler without the C library's headers is as common as none at all.
need_c() {
    mkdir -p "$tools"
    printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' >"$tools/try.c"
    if cc "$tools/try.c" -o "$tools/try" >/dev/null 2>&1; then
        rm -f "$tools/try.c" "$tools/try"
    else
        rm -f "$tools/try.c" "$tools/try"
        fail "A C compiler is missing ('cc' cannot compile a program): install one" \
            "(Debian and Ubuntu: 'apt-get install build-essential'; Fedora: 'dnf install gcc';" \
            "macOS: 'xcode-select --install') and run this again."
    fi
}

# need_python OLDEST
need_python() {
    command -v python3 >/dev/null 2>&1 ||
        fail "Python is missing: install version $1 or newer as 'python3', and run this again."
    have=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) ||
        fail "python3 does not run here: 'python3 --version' says why."
    at_least "$have" "$1" ||
        fail "Python $1 or newer is needed, and python3 is $have: install a newer one, and run this again."
    python3 -c 'import venv, ensurepip' 2>/dev/null ||
        fail "Python's venv module is missing: install it (Debian and Ubuntu: 'apt-get install python3-venv')," \
            "and run this again."
}

# ---- Installing ----------------------------------------------------------------------------------------------------

# A group's stamp holds what it was made from, and where, since a venv cannot be moved.
stamp_of() { printf '%s %s\n' "$root" "$(cksum <"$1")"; }
is_done() { [ "$(cat "$tools/$1.stamp" 2>/dev/null)" = "$(stamp_of "$2")" ]; }
stamp() { stamp_of "$2" >"$tools/$1.stamp"; }

# logged WHAT SHOW COMMAND...: runs the command, shows the lines of its output that the sed script SHOW prints, and on
# failure the end of all of it.
logged() {
    what=$1 show=$2
    shift 2
    log=$tools/install.log
    rm -f "$tools/failed"
    { "$@" 2>&1 || touch "$tools/failed"; } | tee "$log" | sed -n "$show" >&2
    if [ -e "$tools/failed" ]; then
        rm -f "$tools/failed"
        tail -n 20 "$log" >&2
        fail "Could not install $what: the lines above say why, and $log has all of them."
    fi
    rm -f "$log"
}

# venv NAME GROUP OLDEST-PYTHON WHAT: a virtual environment with exactly what requirements-GROUP.txt lists.
venv() {
    if is_done "$1" "$pins/requirements-$2.txt" && "$tools/$1/bin/python3" -c '' 2>/dev/null; then
        return
    fi
    need_python "$3"
    say "Installing $4 into .tools/ (once):"
    mkdir -p "$tools"
    rm -rf "${tools:?}/$1" "$tools/$1.stamp"
    logged "$4" '' python3 -m venv "$tools/$1"
    # Settings that would send the packages elsewhere are switched off; those that say where packages come from stay.
    logged "$4" 's/^Collecting \([^ ]*\) .*/  \1/p; s/^Installing collected packages.*/  … unpacking/p' \
        env -u PIP_TARGET -u PIP_PREFIX -u PYTHONPATH PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 \
        "$tools/$1/bin/python3" -m pip install --progress-bar off --no-deps --require-hashes \
        -r "$pins/requirements-$2.txt"
    stamp "$1" "$pins/requirements-$2.txt"
}

# link VENV PROGRAM...: puts programs of a virtual environment into .tools/bin.
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

# ---- DynamoDB Local ------------------------------------------------------------------------------------------------

# Why DynamoDB Local cannot run here, or nothing.
no_dynamodb_local() {
    if ! java=$(java -version 2>&1); then
        echo "Java is missing"
        return
    fi
    java=$(printf '%s\n' "$java" | sed -n 's/.* version "\([0-9.]*\).*/\1/p')
    if ! at_least "${java:-0}.0" 17.0; then
        echo "Java is version ${java:-unknown}"
    elif ! is_done dynamodb-local infra/dynamodb-local/pom.xml && ! command -v mvn >/dev/null 2>&1; then
        echo "Maven is missing"
    fi
}

dynamodb_local() {
    is_done dynamodb-local infra/dynamodb-local/pom.xml && return
    say "Installing Amazon's DynamoDB Local into .tools/ (once; 50 MB):"
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
    why=$(no_dynamodb_local)
    if [ -z "$why" ]; then
        dynamodb_local
    elif [ "${CI:-}" = true ]; then
        fail "$why, and CI leaves out no test: install Java 17 or newer and Maven, for Amazon's DynamoDB Local."
    else
        say "Skipping the tests on Amazon's DynamoDB Local: $why (Java 17 or newer and Maven would run them)."
    fi
    {
        echo "export DESKLESS_CARGO_LAMBDA='$tools/venv/bin/cargo-lambda'"
        echo "export DESKLESS_SCHEMATHESIS='$tools/bin/schemathesis'"
        if [ -z "$why" ]; then echo "export DESKLESS_DYNAMODB_LOCAL='$tools/dynamodb-local'"; fi
    } >"$tools/test.env"
}

# ---- Pins ----------------------------------------------------------------------------------------------------------

# Every version and hash, for all systems and every Python that the tools run on.
lock() {
    need_python 3.11
    [ -x "$tools/venv-lock/bin/uv" ] || {
        python3 -m venv "$tools/venv-lock"
        "$tools/venv-lock/bin/python3" -m pip install --quiet uv==0.13.8
    }
    for group in dev:3.8 check:3.11 test:3.11; do
        python=${group#*:} name=requirements-${group%:*}
        say "infra/tools/$name.txt"
        (cd infra/tools && "$tools/venv-lock/bin/uv" pip compile --quiet "$name.in" -o "$name.txt" \
            --universal --python-version "$python" --generate-hashes --no-annotate \
            --custom-compile-command 'infra/tools.sh lock')
    done
}

case ${1:-} in
base) base ;;
dev) dev ;;
check) check ;;
test) test_tools ;;
lock) lock ;;
*) fail "usage: infra/tools.sh base|dev|check|test|lock" ;;
esac
