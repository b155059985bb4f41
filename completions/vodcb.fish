# Completion of vodcb for fish. Load it with: vodcb completions fish | source
# The program itself knows the words; this passes the line on and its answer back.

function __vodcb_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l program $words[1]
    set -e words[1]
    set -l answer (command $program __complete words $words "$current" 2>/dev/null)
    set -l kind $answer[1]
    set -e answer[1]
    set -l flag (string match --regex -- '^--[^=]*=' "$current")
    set -l rest (string replace --regex -- '^--[^=]*=' '' "$current")
    switch "$kind"
        case files
            string replace --regex '^' "$flag" -- (__fish_complete_path "$rest")
        case folders
            string replace --regex '^' "$flag" -- (__fish_complete_directories "$rest")
        case '*'
            string join \n -- $answer
    end
end

complete --command vodcb --no-files --arguments '(__vodcb_complete)'
