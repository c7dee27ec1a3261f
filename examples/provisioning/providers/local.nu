# The provider that makes servers of processes on this machine. In its folder (PROVISIONING_STATE):
#
#   networks/<infra>.json  images/<name>/{vm.mjs,image.json}  volumes/<server>.json
#   servers/<name>/        claim.json server.conf address.json services/ server.log
#   ledger.ndjson          a line for each server and service that was really made

use ../lib/names.nu *
use ../lib/settings.nu [state-dir tool-dir]
use ../lib/template.nu render

# See providers/mod.nu for the interface.
export def provider [config: record]: nothing -> record {
  {
    create-network: {|request| played $config create-network $request.name { create-network $request } }
    prepare-image: {|request| played $config prepare-image $request.name { prepare-image $request } }
    create-vm: {|request| played $config create-vm $request.name { create-vm $request } }
    made-vm: {|request| made-vm $request }
    attach-volume: {|request| played $config attach-volume $request.server { attach-volume $request } }
    start-service: {|request| played $config start-service $request.server { start-service $request } }
    list-vms: { list-vms }
    find-vm: {|request| find-vm $request.name }
    delete-vm: {|request| delete-vm $request.name }
  }
}

# Runs an action as slow, and as unreliable, as the infrastructure file wants it.
def played [config: record, op: string, subject: string, action: closure] {
  print --stderr $"($op) ($subject)"
  sleep (delay-of $config $op)
  let failures = $config.fail | get --optional $op | default 0
  if $failures == always { fail provider_unavailable $"($op) of ($subject): the provider is always down" }
  if $failures > 0 and (count-call $op (valid-name $subject)) <= $failures {
    fail provider_unavailable $"($op) of ($subject): the provider is down for a while"
  }
  do $action
}

# How long a call takes at least: the same for all, or a record by name.
def delay-of [config: record, op: string]: nothing -> duration {
  let delay = $config.delay
  if ($delay | describe | str starts-with record) { $delay | get --optional $op | default 0ms } else { $delay }
}

# How often this was called by now, this time included. Kept in a file, since each try is a new process.
def count-call [op: string, subject: string]: nothing -> int {
  let file = state-dir | path join calls $"($op)-($subject)"
  mkdir ($file | path dirname)
  let count = (try { open --raw $file | into int } catch { 0 }) + 1
  $count | into string | save --force $file
  $count
}

def create-network [request: record]: nothing -> record {
  let file = state-dir | path join networks $"(valid-name $request.name network).json"
  keep $file {id: $"net-($request.name)", cidr: $request.cidr}
}

# An image is a copy of the server's program, so that servers run what they were made of.
def prepare-image [request: record]: nothing -> record {
  let dir = state-dir | path join images (valid-name $request.name image)
  let program = tool-dir | path join providers local vm.mjs
  mkdir $dir
  # Copied aside and renamed: a server that starts meanwhile never sees half a program.
  let aside = $dir | path join $"vm.(random uuid).mjs"
  cp $program $aside
  mv --force $aside ($dir | path join vm.mjs)
  keep ($dir | path join image.json) {id: $request.name, checksum: (open --raw $program | hash sha256)}
}

def create-vm [request: record]: nothing -> record {
  let name = valid-name $request.name 'server name'
  let program = state-dir | path join images $request.image vm.mjs
  if not ($program | path exists) { fail no_such_image $"there is no image '($request.image)'" 'prepare it first' }
  let dir = server-dir $name
  mkdir $dir
  chmod-private $dir
  claim $dir $request
  configure $dir $request
  ^node $program start $dir
  find-vm $name
}

# Makes the name this request's own, or fails when it is another's.
def claim [dir: path, request: record] {
  let made = put-once ($dir | path join claim.json) ($request | insert at (date now | format date '%+') | to json)
  if ($made | from json).key != $request.key {
    fail server_exists $"there is a server '($request.name)' already" $"delete it first: provisioning server delete ($request.name)"
  }
}

# A server counts as made when it answers: what was begun and not finished is made by asking again.
def made-vm [request: record] {
  let file = server-dir $request.name | path join claim.json
  if not ($file | path exists) or (open $file).key != $request.key { return null }
  let found = find-vm $request.name
  if $found.status == up { $found }
}

def configure [dir: path, request: record] {
  let values = $request | select name key cluster size network image
    | insert id (random uuid) | insert ledger (state-dir | path join ledger.ndjson)
  put-once ($dir | path join server.conf) (render (tool-dir | path join templates server.conf) $values) | ignore
}

def attach-volume [request: record]: nothing -> record {
  let server = find-vm $request.server
  let file = state-dir | path join volumes $"($server.name).json"
  keep $file {id: $"vol-($server.name)", server: $server.name, gigabytes: $request.gigabytes}
}

def start-service [request: record]: nothing -> record {
  let service = valid-name $request.service 'service name'
  let at = address-of $request.server
  http put --max-time 5sec --headers (secret $at) --content-type application/json $"($at.url)/services/($service)" {}
    | insert server $request.server
}

def list-vms []: nothing -> list {
  let servers = state-dir | path join servers
  if not ($servers | path exists) { return [] }
  ls --short-names $servers | where type == dir | get name | where {|name| server-dir $name | path join claim.json | path exists }
    | each {|name| find-vm $name }
}

# What the server itself says when asked, so that "up" is true.
def find-vm [name: string]: nothing -> record {
  let file = server-dir $name | path join claim.json
  if not ($file | path exists) {
    fail no_such_server $"there is no server '($name)'" 'see: provisioning server list'
  }
  let wanted = open $file | select size network image cluster
  let down = {name: $name, status: down, address: null} | merge $wanted | insert services []
  try {
    let at = address-of $name
    let said = http get --max-time 5sec $"($at.url)/"
    if $said.id != $at.id { return $down }
    {status: up, address: $"($at.host):($at.port)"} | merge ($said | reject id) | move name --before status
  } catch { $down }
}

def delete-vm [name: string]: nothing -> record {
  let dir = server-dir $name
  if (find-vm $name).status == up {
    let at = address-of $name
    http post --max-time 5sec --headers (secret $at) --content-type application/json $"($at.url)/stop" {} | ignore
  }
  rm --permanent --force (state-dir | path join volumes $"($name).json")
  rm --permanent --recursive --force $dir
  {name: $name, deleted: true}
}

def server-dir [name: string]: nothing -> path {
  state-dir | path join servers (valid-name $name 'server name')
}

def address-of [name: string]: nothing -> record {
  let file = server-dir $name | path join address.json
  if not ($file | path exists) { fail server_down $"server '($name)' is not up" }
  open $file | insert url {|at| $"http://($at.host):($at.port)" }
}

def secret [at: record]: nothing -> record {
  {authorization: $"Bearer ($at.secret)"}
}

# Saves a record unless it is there already; gives back what is there.
def keep [file: path, value: record]: nothing -> record {
  mkdir ($file | path dirname)
  put-once $file ($value | to json) | from json
}

# Writes a file that is not there yet; gives back what is in it then. ln(1) puts it there whole or not at all,
# and fails when it is there: of two requests at the same instant, one makes it and both find it.
def put-once [file: path, text: string]: nothing -> string {
  if not ($file | path exists) {
    let aside = $"($file).(random uuid)"
    $text | save --raw $aside
    ^ln $aside $file | complete | ignore
    rm --permanent $aside
  }
  open --raw $file
}

# Servers hold secrets.
def chmod-private [dir: path] {
  ^chmod 700 $dir
}
