#!/usr/bin/env bash
# What students get has no solution, no hidden test and no planted mistake in it, in any folder and under any name; what
# instructors get has them all, and nothing else.  Of the build's install components, or of the packages in a folder.
set -euo pipefail
source=${ORRERY_SOURCE:-$PWD}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for component in orrery instructor; do
    if [[ ${1-} ]]; then dpkg-deb -x "$1/orrery$([[ $component == orrery ]] || echo "-$component")"_*.deb "$scratch/$component"
    else cmake --install "$ORRERY_BUILD" --prefix "$scratch/$component/usr" --component "$component" >"$scratch/log"; fi
    (cd "$scratch/$component" && find . -type f | sort >"$scratch/$component.list")
done

fail() { echo "$*"; exit 1; }

cd "$source/tests/labs"
find . -type f \( -path './*/solution/*' -o -path './*/hidden/*' -o -path './*/wrong/*' -o -name hidden.yaml -o -name wrong.py \) \
    ! -path '*/__pycache__/*' | sort >"$scratch/secret"
[[ $(wc -l <"$scratch/secret") -ge 30 ]] || fail "the labs' own files were not found"
sed 's|^\./|./usr/share/orrery/labs-hidden/|' "$scratch/secret" | diff - "$scratch/instructor.list" || fail "this is not what instructors need"

grep -q '^./usr/bin/orrery$' "$scratch/orrery.list" || fail "the program is missing"
for lab in "$source"/scenarios/labs/*/; do
    for file in lab.yaml README.md; do
        grep -q "^./usr/share/orrery/scenarios/labs/$(basename "$lab")/$file$" "$scratch/orrery.list" || fail "$lab$file is missing"
    done
done
while read -r file; do sha256sum "$file"; done <"$scratch/secret" | cut -d' ' -f1 | sort >"$scratch/secret.sums"
(cd "$scratch/orrery" && xargs -d '\n' sha256sum <"$scratch/orrery.list") | cut -d' ' -f1 | sort -u >"$scratch/orrery.sums"
[[ -z $(comm -12 <(sort -u "$scratch/secret.sums") "$scratch/orrery.sums") ]] || fail "students get what is for instructors"
! grep -E 'labs-hidden|/solution/|/hidden|/labs/.*wrong' "$scratch/orrery.list" || fail "students get what is for instructors"

# What `start` hands out comes from the students' tree alone: a grade without hidden tests says that they are missing.
folder=$scratch/folder
HOME=$scratch "$scratch/orrery/usr/bin/orrery" lab start bootcamp "$folder" >"$scratch/log"
! find "$folder" | grep -E 'solution|hidden|wrong' || fail "start hands out what is for instructors"
echo "students: $(wc -l <"$scratch/orrery.list") files, instructors: $(wc -l <"$scratch/instructor.list")"
