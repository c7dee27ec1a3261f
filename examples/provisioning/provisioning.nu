#!/usr/bin/env nu
# provisioning: creates servers, services and clusters.
#
#   provisioning server create wuji                  in this process
#   provisioning server create wuji --orchestrated   handed to the orchestrator, and watched
#
# The two ways call the same commands, in servers/, services/ and clusters/.

use client/orchestrator.nu
use clusters/create.nu create-cluster
use clusters/delete.nu delete-cluster
use servers/create.nu create-server
use servers/delete.nu delete-server
use servers/list.nu list-servers
use services/taskserv.nu install-service

# Creates and looks after servers, services and clusters. Begin with: provisioning server create wuji
def main [] {
  print (scope commands | where name =~ '^main ' and type == custom
    | each {|it| {command: ($it.name | str replace 'main' provisioning), does: $it.description} } | table --index false)
}

# Creates a server.
def "main server create" [
  name: string
  --infra: string = 'local' # file infra/<name>.nuon
  --size: string = 'small' # small, medium or large
  --orchestrated # through the orchestrator daemon
  --json # result as JSON
] {
  if $orchestrated {
    orchestrate servers/create $infra {name: $name, size: $size} | output-of server | show $json
  } else {
    create-server $name --infra $infra --size $size | show $json
  }
}

# Lists servers, each asked whether it is up.
def "main server list" [--infra: string = 'local', --cluster: string, --json] {
  let servers = list-servers --infra $infra --cluster $cluster
  if $json { $servers | show true } else { $servers | brief | show false }
}

# Deletes a server.
def "main server delete" [name: string, --infra: string = 'local', --json] {
  delete-server $name --infra $infra | show $json
}

# Installs a service, and what it requires, on a server.
def "main taskserv create" [
  service: string
  server: string # where
  --infra: string = 'local'
  --orchestrated # through the orchestrator daemon
  --json # result as JSON
] {
  if $orchestrated {
    orchestrate taskserv/create $infra {service: $service, server: $server} | output-of $service | show $json
  } else {
    install-service $service $server --infra $infra | show $json
  }
}

# Creates a cluster: network, image, servers, services, health check.
def "main cluster create" [
  name: string
  --servers: int = 3 # how many
  --services: string = 'kubelet' # separated by commas
  --infra: string = 'local'
  --orchestrated # through the orchestrator daemon
  --json # result as JSON
] {
  let wanted = $services | split row ',' | str trim | where $it != ''
  let health = if $orchestrated {
    orchestrate cluster/create $infra {name: $name, servers: $servers, services: $wanted} | output-of health
  } else {
    create-cluster $name --servers $servers --services $wanted --infra $infra
  }
  if $json { $health | show true } else { $health.servers | brief | show false }
}

# Deletes all servers of a cluster.
def "main cluster delete" [name: string, --infra: string = 'local', --json] {
  delete-cluster $name --infra $infra | show $json
}

# Lists the orchestrator's workflows.
def "main workflow list" [--json] {
  let found = orchestrator workflows
  if $json { $found | show true } else { $found | select id workflow status | show false }
}

# Shows a workflow, task by task.
def "main workflow show" [id: string, --json] {
  let found = orchestrator workflow $id
  if $json { $found | show true } else { $found.tasks | select id status attempts | show false }
}

# Watches a workflow until it ends.
def "main workflow follow" [id: string] {
  orchestrator follow $id | ignore
}

# Says what becomes of a held task, one that died and nobody knows whether it had done its work.
def "main workflow decide" [
  id: string
  task: string
  decision: string # rerun, done or fail
  --output: string # for done: the task's output, as JSON
  --message: string # why
  --json
] {
  let value = if $output == null { null } else { $output | from json }
  orchestrator decide $id $task $decision $value $message | show $json
}

# Stops a workflow.
def "main workflow cancel" [id: string, --json] {
  orchestrator cancel $id | show $json
}

def orchestrate [path: string, infra: string, params: record]: nothing -> record {
  let id = orchestrator submit $path $infra $params
  print --stderr $"workflow ($id)"
  orchestrator follow $id
}

def output-of [task: string]: record -> record {
  get tasks | where id == $task | first | get output
}

# Servers in a table that fits.
def brief []: list -> list {
  select name status address services | update services {|server| $server.services | str join ' ' }
}

def show [json: bool] {
  let value = $in
  print (if $json { $value | to json --raw } else { $value | table --index false })
}
