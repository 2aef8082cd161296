# Run as `sh -s -- VERB ARGUMENTS…`; every path comes as an argument, never as text of this script.
#   look PATH…                     one line a path: kind, mode, owner, size, missing parent folders
#   keep FROM TO                   a copy that survives a restart
#   place (FROM TO MODE OWNER)…    "-" keeps what the copy has; readers see the old or the new content, never half of it
#   drop (PATH FOLDERS)…           removes a file and that many parent folders, if they are empty
set -u
verb=$1
shift
fail() { echo "$1" >&2; exit 1; }

look() {
  for path; do
    missing=0
    parent=${path%/*}
    while [ -n "$parent" ] && [ ! -d "$parent" ]; do
      missing=$((missing + 1))
      parent=${parent%/*}
    done
    facts='- - -'
    if [ -L "$path" ]; then kind=link
    elif [ -d "$path" ]; then kind=folder
    elif [ -f "$path" ]; then
      kind=file
      facts=$(stat -c '%a %u:%g %s' "$path") || fail "cannot look at $path"
    elif [ -e "$path" ]; then kind=other
    else kind=absent
    fi
    echo "$kind $facts $missing"
  done
}

keep() {
  mkdir -p "${2%/*}" && cp -p "$1" "$2" || fail "cannot keep a copy of $1"
}

place() {
  while [ $# -ge 4 ]; do
    folder=${2%/*}/
    new=$folder.ringzero-new
    mkdir -p "$folder" && rm -f "$new" && cp "$1" "$new" || fail "cannot copy to $folder"
    [ "$3" = - ] || chmod "$3" "$new" || fail "cannot set the mode of $2"
    [ "$4" = - ] || chown "$4" "$new" || fail "cannot set the owner of $2"
    mv -f -T "$new" "$2" || fail "cannot put $2 in place"
    shift 4
  done
}

drop() {
  while [ $# -ge 2 ]; do
    rm -f "$1" "${1%/*}/.ringzero-new" || fail "cannot remove $1"
    folder=${1%/*}
    count=$2
    while [ "$count" -gt 0 ] && rmdir "$folder" 2>/dev/null; do
      count=$((count - 1))
      folder=${folder%/*}
    done
    shift 2
  done
}

case "$verb" in
  look) look "$@" ;;
  keep) keep "$@" && sync ;;
  place) place "$@" && sync ;;
  drop) drop "$@" && sync ;;
  *) fail "unknown verb $verb" ;;
esac
