import type { ErrorRow } from './error-row.ts'

/** What goes wrong with folders of hosts, downloads, copies and what they fill: disks and memory. */
export const ofWeights = {
  local_path_relative: { status: 422, class: 'fatal', title: 'The path is not absolute', advice: 'Give the whole path, from / on.' },
  local_path_climbs: { status: 422, class: 'fatal', title: 'The path climbs with ..', advice: 'Give the path without `..`.' },
  local_path_outside: {
    status: 422,
    class: 'fatal',
    title: 'The path leads out of the allowed folders',
    advice: 'Put the model below one of the host’s `model_roots`, or add its folder there in cluster.yaml. Links count by where they lead.',
  },
  local_path_missing: {
    status: 422,
    class: 'fatal',
    title: 'There is nothing at this path on the host',
    advice: 'See GET /api/hosts/{name}/folders.',
  },
  local_path_unreadable: {
    status: 422,
    class: 'fatal',
    title: 'The folder cannot be read',
    advice: 'Let the SSH user of that host read it, and every folder above it.',
  },
  local_path_not_folder: {
    status: 422,
    class: 'fatal',
    title: 'The path is no folder',
    advice: 'Name the folder that holds config.json and the weights.',
  },
  local_path_no_config: {
    status: 422,
    class: 'fatal',
    title: 'The folder has no config.json',
    advice: 'Name the folder that holds config.json and the weights, not one above it.',
  },
  local_path_no_weights: {
    status: 422,
    class: 'fatal',
    title: 'The folder has no weights, or not all of them',
    advice: 'It needs *.safetensors, *.bin or *.gguf beside config.json.',
  },
  local_path_links_out: {
    status: 422,
    class: 'fatal',
    title: 'The weights are links out of the folder',
    advice: 'Only the folder itself is there inside of the container: copy the files into it, or use `repo` for what is in the Hugging Face cache.',
  },
  download_running: {
    status: 409,
    class: 'retryable',
    title: 'These weights are being downloaded or copied there',
    advice: 'Wait for it or cancel it: see GET /api/downloads.',
  },
  download_tool_missing: {
    status: 502,
    class: 'fatal',
    title: 'The host has nothing to download with',
    advice: 'Install `hf` (pip install huggingface_hub) or `uvx` (uv) for the SSH user, or give launcher_dir in cluster.yaml.',
  },
  download_interrupted: { status: 502, class: 'retryable', title: 'The download was interrupted', advice: 'It goes on by itself where it was.' },
  download_stalled: {
    status: 502,
    class: 'fatal',
    title: 'The download came to a standstill',
    advice: 'Look at the host’s network; ask for the download again and it goes on where it was.',
  },
  download_failed: { status: 502, class: 'fatal', title: 'The download failed', advice: 'See its last lines.' },
  hf_token_refused: {
    status: 502,
    class: 'fatal',
    title: 'Hugging Face refuses the token',
    advice: 'Put a valid token into keys/hf-token of the data directory, or name its file in hf_token_file.',
  },
  copy_failed: {
    status: 502,
    class: 'fatal',
    title: 'The weights could not be copied to the other host',
    advice: 'The first host needs rsync, and SSH without a password to the other one as its SSH user: log in there once by hand.',
  },
  weights_linked: {
    status: 502,
    class: 'fatal',
    title: 'The folder of these weights is a link',
    advice: 'Nothing is deleted through a link: remove it by hand where it leads.',
  },
  memory_estimate: {
    status: 502,
    class: 'fatal',
    title: 'By its estimate the model will not fit into memory',
    advice: 'Lower max_model_len, or swap with `ignore_estimate: true` to try it all the same.',
  },
  local_model: {
    status: 409,
    class: 'fatal',
    title: 'The files of a local model are your own',
    advice: 'They are neither downloaded nor deleted from here.',
  },
  unknown_download: { status: 404, class: 'fatal', title: 'No download of that id is known', advice: 'See GET /api/downloads.' },
  download_ended: { status: 409, class: 'fatal', title: 'This download has ended already', advice: 'Nothing is left to do.' },
  unknown_deletion: { status: 404, class: 'fatal', title: 'No deletion of that id is known', advice: 'Ask with the id that it was answered with.' },
} as const satisfies Record<string, ErrorRow>
