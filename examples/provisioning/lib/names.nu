# Names become folder names and parts of addresses, so this is the one gate they pass.

# 1 to 63 of a-z, 0-9 and dashes inside: what DNS calls a label.
const LABEL = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'

# Gives the name back, or fails with provisioning::invalid_name.
export def valid-name [name: string, what: string = 'name']: nothing -> string {
  if $name !~ $LABEL {
    fail invalid_name $"($name | to json) is no valid ($what)" 'use 1 to 63 of a-z, 0-9 and dashes, beginning and ending with a letter or digit'
  }
  $name
}

# An error of this tool, with a code that callers can match on.
export def fail [code: string, msg: string, help?: string] {
  let base = {msg: $msg, code: $"provisioning::($code)"}
  error make --unspanned (if $help == null { $base } else { $base | insert help $help })
}
