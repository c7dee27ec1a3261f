# Where things are. All of it can be moved by environment variables.

use names.nu *

const HERE = path self .

# Folder of this tool.
export def tool-dir []: nothing -> path {
  $HERE | path dirname
}

# Folder of everything the local provider has made: PROVISIONING_STATE.
export def state-dir []: nothing -> path {
  let home = $env.XDG_STATE_HOME? | default ($env.HOME? | default '.' | path join .local state)
  $env.PROVISIONING_STATE? | default ($home | path join provisioning) | path expand
}

# What infra/<name>.nuon says: provider, delay, network, image, and failures to play.
# PROVISIONING_INFRA names another folder to look in.
export def load-infra [infra: string]: nothing -> record {
  let dir = $env.PROVISIONING_INFRA? | default (tool-dir | path join infra)
  let file = $dir | path join $"(valid-name $infra infrastructure).nuon"
  if not ($file | path exists) {
    fail no_such_infra $"there is no infrastructure '($infra)'" $"describe it in ($file)"
  }
  {
    name: $infra
    provider: local
    delay: 0ms
    fail: {}
    network: {cidr: '10.0.0.0/24'}
    image: debian-12
  } | merge (open $file)
}

# Tells one request from another over all its attempts: the orchestrator's key, or one of its own.
export def request-key []: nothing -> string {
  $env.NUFLOW_TASK_KEY? | default { random uuid }
}
