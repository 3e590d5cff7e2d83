#!/usr/bin/env bash
# Builds the outside project of this folder in the three ways that the README names, against a fresh installation.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
source=$(cd -- "$here/../.." && pwd)
temp=$(mktemp -d)
trap 'rm -rf -- "$temp"' EXIT

say() { printf '%s\n' "-- consumer: $*"; }
build() { # NAME CMAKE-OPTIONS...
  cmake -S "$here" -B "$temp/$1" -G Ninja "${@:2}" >/dev/null
  cmake --build "$temp/$1"
  "$temp/$1/consumer"
}

say "install, then move the tree: nothing in it may name the place it was installed to"
cmake -S "$source" -B "$temp/build" -G Ninja -DSLUICE_DEV=OFF >/dev/null
cmake --install "$temp/build" --prefix "$temp/first place" >/dev/null
mv -- "$temp/first place" "$temp/prefix"

say "find_package"
build find_package -DCMAKE_PREFIX_PATH="$temp/prefix"

say "find_package refuses another minor version while the version is 0.x"
sed 's/find_package(sluice 0.1 /find_package(sluice 0.0 /' "$here/CMakeLists.txt" >"$temp/CMakeLists.txt"
cp -- "$here/main.cpp" "$temp"
if cmake -S "$temp" -B "$temp/other_version" -G Ninja -DCMAKE_PREFIX_PATH="$temp/prefix" >/dev/null 2>&1; then
  say "FAILED: version 0.0 was accepted"
  exit 1
fi

say "pkg-config and g++"
export PKG_CONFIG_PATH="$temp/prefix/share/pkgconfig"
read -ra flags < <(pkg-config --cflags --libs sluice)
g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror "$here/main.cpp" "${flags[@]}" -o "$temp/by_pkg_config"
"$temp/by_pkg_config"

say "the programs of the README, with what they include and nothing else"
count=0
while IFS= read -r -d '' program; do
  count=$((count + 1))
  { # the lines that include, and main around all others
    grep '^#include' <<<"$program"
    printf '%s\n' '#include <thread>' 'static int sum = 0;' 'static void use(int n) { sum += n; }' 'int main() {'
    grep -v '^#include' <<<"$program"
    echo 'return sum == 499500 ? 0 : 1; }'
  } >"$temp/readme$count.cpp"
  g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror "$temp/readme$count.cpp" "${flags[@]}" -lboost_context -o "$temp/readme$count"
  "$temp/readme$count"
done < <(awk '/^```cpp$/ { inside = 1; next } /^```$/ && inside { inside = 0; printf "%c", 0 } inside' "$source/README.md")
((count == 3)) || { say "FAILED: $count programs in the README"; exit 1; }

say "find_package(COMPONENTS verify): a structure that lives outside, checked with the installed kit"
cmake -S "$here/verify" -B "$temp/verify" -G Ninja -DCMAKE_PREFIX_PATH="$temp/prefix" >/dev/null
cmake --build "$temp/verify"
expect() { # CLIENT STATUS TEXT: what the program answers
  local status=0 answer
  answer=$("$temp/verify/mailbox_explore" --client "$1") || status=$?
  if [[ $status != "$2" || $answer != *"$3"* ]]; then
    say "FAILED: client '$1' ended with $status and said $answer"
    exit 1
  fi
  say "client '$1': $3"
}
expect holds 0 '"result":"every execution, none with a spurious failure"'
expect is_broken 1 '"result":"data race: '

say "the structure that the README verifies, and what it says that the program answers (but for the seconds)"
cmake -S "$here/handover" -B "$temp/handover" -G Ninja -DCMAKE_PREFIX_PATH="$temp/prefix" >/dev/null
cmake --build "$temp/handover"
awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$source/README.md" >"$temp/said"
while read -ra command; do
  printf '%s\n' "${command[*]}"
  "$temp/handover/${command[1]#build/}" "${command[@]:2}" || (($? == 1))
done < <(grep '^\$ ' "$temp/said") >"$temp/answered"
sed -i -E 's/[0-9.]+ s$/... s/' "$temp/said" "$temp/answered"
[[ -s $temp/said ]] && diff "$temp/said" "$temp/answered" || { say "FAILED: the README has another answer"; exit 1; }

say "find_package(COMPONENTS tasks): tasks, which need Boost.Context"
cmake -S "$here/tasks" -B "$temp/tasks" -G Ninja -DCMAKE_PREFIX_PATH="$temp/prefix" >/dev/null
cmake --build "$temp/tasks"
"$temp/tasks/tasks_consumer"

say "FetchContent"
build fetch_content -DSLUICE_SOURCE="$source"

say "the package's version is the project's: $(pkg-config --modversion sluice)"
