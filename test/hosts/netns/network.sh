# The wires: a bridge, and for each host a network namespace that hangs on it. No default route: a host reaches its neighbour and this machine.

make_bridge() {
  ip link add "$BRIDGE" type bridge
  ip addr add "$SUBNET.1/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up
}

remove_bridge() {
  ip link del "$BRIDGE" 2>/dev/null || :
  # iproute2 mounts this folder at its first namespace
  if [[ -d /run/netns && -z $(ls /run/netns) ]]; then
    umount /run/netns 2>/dev/null || :
    rmdir /run/netns
  fi
}

# A new namespace at every boot: after a power cut no old socket may live on to send its FIN. The MAC stays.
plug_in() {
  local host=$1 address=${ADDRESS[$1]}
  ip netns add "$host"
  ip link add "v-$host" type veth peer name eth0 address "02:00:00:00:00:${address##*.}" netns "$host"
  ip link set "v-$host" master "$BRIDGE"
  ip -n "$host" addr add "$address/24" dev eth0
  ip -n "$host" link set lo up
  ip -n "$host" link set eth0 up
  ip link set "v-$host" up
}

pull_plug() { ip link del "v-$1" 2>/dev/null || :; }
remove_namespace() { ip netns del "$1" 2>/dev/null || :; }

firewall() {
  local host=$1
  shift
  nsenter --net="/run/netns/$host" iptables -w "$@"
}

CUTS=('INPUT -i eth0 -j DROP' 'OUTPUT -o eth0 -j DROP' 'INPUT -i eth0 -p tcp -j REJECT --reject-with tcp-reset')

# drop: packets vanish · link: the cable is out · reset: every connection is reset
host_cut() {
  local host=$1 rule
  case ${2:-drop} in
    drop) for rule in "${CUTS[@]:0:2}"; do
      # shellcheck disable=SC2086
      firewall "$host" -I $rule
    done ;;
    link) ip link set "v-$host" down ;;
    # shellcheck disable=SC2086
    reset) firewall "$host" -I ${CUTS[2]} ;;
    *) say "cut how? drop, link or reset"; exit 2 ;;
  esac
}

# Rule by rule: dockerd has chains of its own there, which a flush would take along.
host_heal() {
  local host=$1 rule
  for rule in "${CUTS[@]}"; do
    # shellcheck disable=SC2086
    while firewall "$host" -D $rule 2>/dev/null; do :; done
  done
  ip link set "v-$host" up
}
