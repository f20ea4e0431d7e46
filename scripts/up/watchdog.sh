#!/bin/sh
# Ends what its owner leaves behind. The owner writes "+GROUP" and "-GROUP" (process groups) on our stdin and keeps it open;
# when stdin ends, by whatever death of the owner, every group still listed gets SIGTERM, and SIGKILL after 5 s.
# A shell, so that it costs 1 MB and runs wherever npm runs. It stands in a session of its own: no terminal signal reaches it.
trap '' HUP INT TERM

groups=' '
while read -r line; do
  group=${line#?}
  case $line in
    +*) groups="$groups$group " ;;
    -*) case $groups in *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;; esac ;;
  esac
done

signal_all() {
  found=1
  for group in $groups; do
    kill -s "$1" -- "-$group" 2>/dev/null && found=0
  done
  return $found
}

signal_all TERM || exit 0
tries=0
while [ "$tries" -lt 50 ]; do
  sleep 0.1
  signal_all 0 || exit 0
  tries=$((tries + 1))
done
signal_all KILL
exit 0
