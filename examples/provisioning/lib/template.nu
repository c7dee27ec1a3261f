# Templates: text with {{placeholders}}.

use names.nu fail

# The template with each {{name}} replaced by that field. Every placeholder needs a value, and a value
# is one line: a second line would be a setting of its own.
export def render [template: path, values: record]: nothing -> string {
  let bad = $values | items {|name, value| {name: $name, value: $value} } | where value =~ '[\r\n]'
  if ($bad | is-not-empty) { fail bad_template_value $"($bad.0.name) holds a line break" }
  let text = $values | items {|name, value| {name: $name, value: ($value | into string)} }
    | reduce --fold (open --raw $template) {|it, text| $text | str replace --all $"{{($it.name)}}" $it.value }
  let left = $text | parse --regex '\{\{(?P<name>[^}]*)\}\}' | get name
  if ($left | is-not-empty) { fail bad_template $"($template) wants ($left | str join ', '), which nobody gave" }
  $text
}
