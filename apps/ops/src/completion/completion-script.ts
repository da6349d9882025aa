export type Shell = 'bash' | 'zsh' | 'fish';

/** Each asks `ops complete` on Tab, so that it knows new commands by itself; where that says nothing, files are offered. */
const SCRIPTS: Record<Shell, string> = {
  bash: `_ops_complete() {
  local IFS=$'\\n'
  COMPREPLY=($(ops complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _ops_complete ops
`,
  zsh: `#compdef ops
_ops() {
  local -a found
  found=(\${(f)"$(ops complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null | sed -e 's/:/\\\\:/g' -e 's/\\t/:/')"})
  if (( \${#found} )); then _describe ops found; else _files; fi
}
if [ "$funcstack[1]" = "_ops" ]; then _ops; else compdef _ops ops; fi
`,
  fish: `function __ops_complete
  set -l words (commandline -opc) (commandline -ct)
  ops complete -- $words[2..-1] 2>/dev/null
end
complete -c ops -f -n 'test (count (__ops_complete)) -gt 0' -a '(__ops_complete)'
`,
};

/** @returns What the shell sources */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
