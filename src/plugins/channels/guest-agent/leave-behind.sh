# Runs "$@" and ends when it has ended, although a process that it left behind still holds its output. Whatever is left after
# 3 s is read on and thrown away: a service that writes to a pipe without a reader would die of it.
f=$(mktemp -d /run/ringzero-exec.XXXXXX 2>/dev/null || mktemp -d) && mkfifo "$f/out" "$f/err" || exec "$@"
cat <"$f/out" & out=$!
cat <"$f/err" >&2 & err=$!
"$@" >"$f/out" 2>"$f/err"
code=$?
(
  sleep 3 & pause=$!
  trap 'kill $pause; exit' TERM
  wait $pause
  # Opened for both ways first: an end without a writer would be waited for.
  exec 5<>"$f/out" 3<"$f/out" 6<>"$f/err" 4<"$f/err" 5>&- 6>&-
  cat <&3 & cat <&4 &
  kill $out $err
) >/dev/null 2>&1 </dev/null & late=$!
wait $out $err 2>/dev/null
kill $late 2>/dev/null
wait $late 2>/dev/null
rm -rf "$f"
exit $code
