/**
 * Strings that break programs which paste them into code, shells, paths, arguments, JSON or
 * terminals, in groups. None holds a lone surrogate (that is not text, and is refused at the
 * edge) or NUL.
 */

/** Entries between broken bars, taken as they stand. */
const list = (text: TemplateStringsArray): string[] =>
  String.raw(text)
    .split(/ ¦ |\n/)
    .map((entry) => entry.trim());

const QUOTES = [
  '`',
  '``',
  '`a`',
  ...list`" ¦ ' ¦ """ ¦ ''' ¦ r#' ¦ '# ¦ r##'x'## ¦ $" ¦ $' ¦ \" ¦ \' ¦ ‘ ¦ ” ¦ "a" ¦ 'a' ¦ it's ¦ "it's"`,
];

const NUSHELL_LITERALS = list`null ¦ true ¦ false ¦ nothing ¦ NaN ¦ inf ¦ -inf ¦ infinity ¦ 0 ¦ -0 ¦ 1 ¦ -1 ¦ 1.0 ¦ 1e9
  1_000 ¦ 0x1f ¦ 0b11 ¦ 0o17 ¦ .5 ¦ 5. ¦ 1..3 ¦ 1..<3 ¦ .. ¦ ... ¦ 10kb ¦ 5sec ¦ -5min ¦ 1wk ¦ 2020-01-01 ¦ 2020-01-01T00:00:00Z
  0x[ff 01] ¦ 0b[01] ¦ [1, 2] ¦ [] ¦ {} ¦ {a: 1} ¦ {||} ¦ [[a]; [1]] ¦ $env ¦ $env.HOME ¦ $nu.pid ¦ $in ¦ $it ¦ $x ¦ ^ls ¦ %ls ¦ @attr
  not ¦ def ¦ let x = 1 ¦ if ¦ export ¦ use std ¦ source x.nu ¦ alias a = b ¦ const ¦ mut ¦ return ¦ exit 3`;

const NUSHELL_CODE = [
  '`; exit 9; `',
  '\nexit 9',
  '\r\nexit 9',
  'a\n^touch pwned',
  ...list`(print pwned) ¦ (exit 9) ¦ $(print pwned) ¦ $"(exit 9)" ¦ $'(exit 9)' ¦ ; exit 9 ¦ | exit 9 ¦ "; exit 9; " ¦ '; exit 9; '
  '# ; exit 9; r#' ¦ '## ; exit 9 ¦ } ; exit 9; { ¦ ) ; exit 9; ( ¦ {|| exit 9} ¦ ...[(exit 9)] ¦ ...$x ¦ o> /dev/null ¦ e> x
  out+err> x ¦ o+e>| cat ¦ && exit 9 ¦ || exit 9 ¦ # comment ¦ a # b ¦ \n ¦ \u{7f} ¦ \u0041 ¦ \x41 ¦ "\ ¦ a;b ¦ a|b ¦ a&b`,
];

const SHELL_CODE = [
  '`touch pwned`',
  '\nsh',
  `$${'{HOME}'}`,
  ...list`$(touch pwned) ¦ $HOME ¦ $0 ¦ $? ¦ $@ ¦ $* ¦ !1 ¦ ~root ¦ [a-z] ¦ {a,b} ¦ <(ls) ¦ >x ¦ <x ¦ >>x ¦ 2>&1 ¦ <<EOF ¦ a && b ¦ a || b
  (ls) ¦ { ls; } ¦ a\ b ¦ %PATH% ¦ "; touch pwned; " ¦ '; touch pwned; ' ¦ ; rm -rf / ¦ | sh ¦ $((1+1)) ¦ [[ a ]] ¦ $'\n' ¦ IFS=x`,
];

const FLAGS = list`--- ¦ -x ¦ -xyz ¦ -1.5 ¦ --flag ¦ --flag=x ¦ --flag x ¦ --help ¦ -h ¦ --version ¦ --no-such ¦ -c ¦ -e ¦ --= ¦ --=x ¦ -=
  --infra=prod ¦ --dry ¦ --stdin ¦ -n ¦ --testbin ¦ -I ¦ /c ¦ /? ¦ +x ¦ @file ¦ -- -x ¦ —x ¦ --x;exit 9 ¦ --x=(exit 9)`;

const WHITESPACE = ['', ' ', '\t', '\n', '\r\n', '\u00a0', '\u2003', '\u200b', '\u2028', '\u2029']
  .concat(['\u0085', '\ufeff', '\u3000', '\u180e', '\u2060'])
  .flatMap((space) => [space, `${space}x`, `x${space}`, `a${space}b`, space + space]);

const UNICODE =
  list`é ¦ é ¦ ñ ¦ ß ¦ İ ¦ ı ¦ ﬁ ¦ 中文 ¦ 日本語 ¦ 한국어 ¦ Ελληνικά ¦ русский ¦ हिन्दी ¦ ไทย ¦ አማርኛ ¦ 𝒳 ¦ 𠜎 ¦ 😀 ¦ 👩‍👩‍👧‍👦 ¦ 👍🏽 ¦ 🇩🇪 ¦ 1️⃣
  Z̗̮͈a̙̹l̪̳g̮o̭ ¦ עברית ¦ العربية ¦ ½ ¦ ٣ ¦ １２ ¦ Ⅷ ¦ ﷽ ¦ ¯\_(ツ)_/¯ ¦ (╯°□°）╯︵ ┻━┻`.concat(
    ['\u202eright to left', '\u2066x\u2069', '\u200fx', '\ufffd', '\uffff', '\u{10ffff}', '\ue000'],
    ['\u0300', '\u200d', '\ufe0f', '\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}'],
  );

const PATHS = list`../ ¦ ../../../etc/passwd ¦ /etc/passwd ¦ ~/x ¦ C:\x ¦ \\host\x ¦ file:///etc/passwd ¦ /dev/null ¦ /dev/stdin
  /proc/self/environ ¦ a/b ¦ a//b ¦ a/../b ¦ .hidden ¦ con ¦ NUL ¦ x.nu ¦ *.nu ¦ x:y ¦ x y.nu ¦ mod dir's/x.nu ¦ %2e%2e%2f ¦ ..%c0%af`;

const DATA_FORMATS = list`{"a":1} ¦ [1,2 ¦ {"__proto__":{"x":1}} ¦ __proto__ ¦ constructor ¦ toString ¦ hasOwnProperty ¦ undefined
  [object Object] ¦ <script>alert(1)</script> ¦ <!-- ¦ ]]> ¦ <?xml version="1.0"?> ¦ &lt; ¦ &#0; ¦ <a href="x"> ¦ ' OR 1=1 -- ¦ 1; DROP TABLE users
  Robert'); DROP TABLE s;-- ¦ UNION SELECT ¦ $ne ¦ a: b ¦ - a ¦ !!python/object ¦ %YAML ¦ a=b ¦ [x] ¦ "a","b" ¦ =1+1 ¦ @SUM(1) ¦ %s%n%d
  %x ¦ {0} ¦ {{7*7}} ¦ <%= 7 %> ¦ #{7} ¦ \0 ¦ %00 ¦ \x00 ¦ $input ¦ { $input: x } ¦ $literal ¦ $__nuflow`;

const TERMINAL = [
  '\x1b[31mred\x1b[0m',
  '\x1b]0;title\x07',
  '\x1b[2J',
  '\x9b31m',
  '\b\b\b',
  '\x1bc',
];

/** Every control character but NUL, alone and inside text. */
const CONTROLS = [...Array(31).keys()]
  .concat([...Array(33).keys()].map((n) => n + 0x7e))
  .map((n) => String.fromCharCode(n + 1))
  .flatMap((control) => [control, `a${control}b`]);

/** Every ASCII mark, alone, doubled, and around text. */
const MARKS = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'].flatMap((c) => [c, c + c, `${c}a${c}`]);

const LONG = [
  'x'.repeat(300 * 1024),
  '"'.repeat(10_000),
  '\\'.repeat(10_001),
  "'#".repeat(5_000),
  '😀'.repeat(20_000),
  '('.repeat(5_000),
  '\n'.repeat(5_000),
  `r${'#'.repeat(300)}'`,
  '[{'.repeat(300),
];

/** All of them, each once. */
export const NAUGHTY_STRINGS: readonly string[] = [
  ...new Set([
    ...[QUOTES, NUSHELL_LITERALS, NUSHELL_CODE, SHELL_CODE, FLAGS, WHITESPACE, UNICODE].flat(),
    ...[PATHS, DATA_FORMATS, TERMINAL, CONTROLS, MARKS, LONG].flat(),
  ]),
];
