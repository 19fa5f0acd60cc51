#!/usr/bin/env bash
# Makes the environment that djaws runs in, apart from the job's own: the locked engines, and djaws itself by path.
#
#   install.sh plan      say where the environment will be and what it is made of, for the cache
#   install.sh install   make it, unless the cache brought it
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=$here/requirements.txt
environment=${RUNNER_TEMP:?the runner sets it}/djaws-environment

# Neither uv nor python may read the configuration or the modules of the repository that is judged.
cd "$RUNNER_TEMP"
unset PYTHONPATH PYTHONHOME

if [[ ${RUNNER_OS:-} == Windows ]]; then
  interpreter=$environment/Scripts/python.exe
else
  interpreter=$environment/bin/python
fi

recent_python() {
  local name
  for name in python3 python python3.14 python3.13 python3.12 python3.11; do
    if "$name" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      "$name" -I -c 'import sys; print(sys.executable)'
      return
    fi
  done
}

# What the environment is made of: another lock, interpreter or recipe is another environment.
digest() {
  {
    cat "$lock" "$here/install.sh"
    if [[ -n $1 ]]; then
      "$1" -I -c 'import platform, sys; print(sys.executable, sys.version, platform.platform())'
    fi
  } | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-40
}

plan() {
  {
    echo "environment=$environment"
    echo "interpreter=$interpreter"
    echo "key=djaws-environment-${RUNNER_OS:-unknown}-${RUNNER_ARCH:-unknown}-$(digest "$(recent_python)")"
  } >>"$GITHUB_OUTPUT"
}

with_uv() {
  uv venv --quiet --clear --python "${1:->=3.11}" "$environment"
  uv pip install --quiet --python "$interpreter" --require-hashes --compile-bytecode --requirement "$lock"
}

with_pip() {
  "$1" -I -m venv --clear "$environment"
  "$interpreter" -I -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps \
    --requirement "$lock"
}

install() {
  local python complete
  python=$(recent_python)
  complete=$environment/complete-$(digest "$python")
  if [[ ! -e $complete ]] || ! "$interpreter" -I -c '' 2>/dev/null; then
    if command -v uv >/dev/null; then
      with_uv "$python"
    elif [[ -n $python ]]; then
      with_pip "$python"
    else
      echo "::error title=djaws::no Python 3.11 or newer and no uv on this runner; add a step with actions/setup-python"
      exit 3
    fi
    touch "$complete"
  fi
  # By path, so that the policies beside the package are found, and written anew each time: a cache may come from elsewhere.
  "$interpreter" -I - "$here" <<'PYTHON'
import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "djaws.pth").write_text(sys.argv[1] + "\n", encoding="utf-8")
PYTHON
}

"${1:?plan or install}"
