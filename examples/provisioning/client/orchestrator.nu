# Talking to the orchestrator daemon.

use ../lib/names.nu fail

const POLL = 150ms
# How long an orchestrator may be away, e.g. to be restarted, before we stop asking. Its runs go on by themselves.
const PATIENCE = 30sec

# Hands a workflow over; gives back its id. From then on it survives us, and the daemon's death.
export def submit [path: string, infra: string, params: record]: nothing -> string {
  (accepted (ask post $"workflows/($path)" {infra: $infra, params: $params})).workflow_id
}

# A workflow as it stands.
export def workflow [id: string]: nothing -> record {
  accepted (ask get $"workflows/($id | url encode --all)")
}

# All workflows, latest first.
export def workflows []: nothing -> list {
  (accepted (ask get workflows)).workflows
}

# Stops a workflow.
export def cancel [id: string]: nothing -> record {
  accepted (ask post $"workflows/($id | url encode --all)/cancel" {})
}

# Says what becomes of a held task: rerun, done (with an output) or fail.
export def decide [id: string, task: string, decision: string, output?: any, message?: string]: nothing -> record {
  let body = {decision: $decision}
    | if $output == null { $in } else { $in | insert output $output }
    | if $message == null { $in } else { $in | insert message $message }
  accepted (ask post $"workflows/($id | url encode --all)/tasks/($task | url encode --all)/decide" $body)
}

# Prints a line (to stderr) for each step of a workflow until it ends. Gives it back when it succeeded, and
# fails with the first task's error otherwise.
export def follow [id: string]: nothing -> record {
  mut answered = date now
  mut found = {status: running}
  mut steps = []
  while $found.status in [running cancelling] {
    sleep $POLL
    let answer = try { ask get $"workflows/($id | url encode --all)" } catch { {status: 503} }
    if $answer.status != 503 {
      $answered = date now
      $found = accepted $answer
      let known = $steps
      $steps = $found.tasks | select id status attempts
      for step in ($steps | where status != pending and $it not-in $known) {
        print --stderr (line $step $found.progress)
        if $step.status == interrupted {
          print --stderr $"nobody knows what became of it; say so: provisioning workflow decide ($id) '($step.id)' rerun|done|fail"
        }
      }
    } else if (date now) - $answered > $PATIENCE {
      # It was not only being restarted.
      fail orchestrator_lost 'the orchestrator does not answer any more' $"the workflow is kept; ask again: provisioning workflow follow ($id)"
    }
  }
  finished $found
}

def line [step: record, progress: record]: nothing -> string {
  let done = $"[($progress.done)/($progress.total)]"
  let try = if $step.attempts > 1 { $" \(attempt ($step.attempts)\)" } else { '' }
  $"($done | fill --width 8) ($step.id): ($step.status)($try)"
}

def finished [found: record]: nothing -> record {
  if $found.status != succeeded { fail-as $found }
  $found
}

# The first error of a workflow that did not succeed, as our own.
def fail-as [found: record] {
  let failed = $found.tasks | where status == failed
  if ($failed | is-empty) { fail $"workflow_($found.status)" $"workflow ($found.id) was ($found.status)" }
  let first = $failed | first
  error make --unspanned {
    msg: $"($first.id): ($first.error.message)"
    code: $first.error.code
    help: ($first.error.help? | default $"see: provisioning workflow show ($found.id)")
  }
}

# The body of an answer that is no error.
def accepted [answer: record] {
  if $answer.status < 300 { return $answer.body }
  let error = try { $answer.body.error } catch { {code: $"http_($answer.status)", message: ($answer.body | to text)} }
  fail $"orchestrator_($error.code)" $"the orchestrator says ($answer.status): ($error.message)"
}

def 'ask get' [path: string] {
  let headers = credentials
  try {
    http get --full --allow-errors --max-time 30sec --headers $headers $"(url)/($path)"
  } catch {|error| fail orchestrator_unreachable $"no answer from (url): ($error.msg)" 'start the daemon, or name it in PROVISIONING_ORCHESTRATOR' }
}

def 'ask post' [path: string, body: record] {
  let headers = credentials
  try {
    http post --full --allow-errors --max-time 60sec --headers $headers --content-type application/json $"(url)/($path)" $body
  } catch {|error| fail orchestrator_unreachable $"no answer from (url): ($error.msg)" 'start the daemon, or name it in PROVISIONING_ORCHESTRATOR' }
}

def url []: nothing -> string {
  $env.PROVISIONING_ORCHESTRATOR? | default 'http://127.0.0.1:9090' | str trim --right --char '/'
}

# The daemon keeps its token in a file that only its user can read.
def credentials []: nothing -> record {
  let file = $env.PROVISIONING_TOKEN_FILE? | default '.nuflow/token'
  if not ($file | path exists) {
    fail no_token $"there is no token file ($file)" 'start the daemon, or name its token file in PROVISIONING_TOKEN_FILE'
  }
  {authorization: $"Bearer (open --raw $file | str trim)"}
}
