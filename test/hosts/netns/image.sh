# The image vllm-node, made by hand as a docker-archive: links and empty folders, the same id on both hosts, no registry.
# runc-host binds the host's /usr over the empty one, so bash, node and vllm run in it.

make_image() {
  local into=$1 work root dir digest id
  work=$(mktemp -d "$into/image.XXXXXX")
  root=$work/root
  for dir in etc models proc root run/engine sys dev tmp usr var/tmp workspace; do mkdir -p "$root/$dir"; done
  chmod 1777 "$root/tmp" "$root/var/tmp"
  for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$root/$dir"; done
  echo 'root:x:0:0:root:/root:/bin/bash' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  mkdir "$work/archive"
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$work/archive/layer.tar" .
  digest=$(sha256sum <"$work/archive/layer.tar" | cut -d' ' -f1)
  cat >"$work/config.json" <<JSON
{
  "architecture": "$(dpkg --print-architecture)", "os": "linux", "created": "2026-01-01T00:00:00Z",
  "config": { "Env": ["PATH=$HOST_PATH", "HOME=/root"], "Cmd": ["bash"], "WorkingDir": "/workspace" },
  "rootfs": { "type": "layers", "diff_ids": ["sha256:$digest"] },
  "history": [{ "created": "2026-01-01T00:00:00Z" }]
}
JSON
  id=$(sha256sum <"$work/config.json" | cut -d' ' -f1)
  mv "$work/config.json" "$work/archive/$id.json"
  echo "[{\"Config\":\"$id.json\",\"RepoTags\":[\"vllm-node:latest\"],\"Layers\":[\"layer.tar\"]}]" >"$work/archive/manifest.json"
  tar -C "$work/archive" -cf "$into/image.tar" .
  rm -rf "$work"
}
