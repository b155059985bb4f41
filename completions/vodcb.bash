# Completion of vodcb for bash. Load it with: source <(vodcb completions bash)
# The program itself knows the words; this passes the line on and its answer back.

_vodcb() {
    local kind line word
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ -z ${kind-} ]]; then
            kind=$line
        else
            word=${line%%$'\t'*}
            # Behind an open quote a blank is none to split at.
            [[ ${COMP_WORDS[COMP_CWORD]} == [\"\']* ]] || word=${word// /\\ }
            COMPREPLY+=("$word")
        fi
    done < <(command "$1" __complete line "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    case ${kind-} in
        # compopt came with bash 4; before, names of files are asked for directly.
        files) compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$2")) ;;
        folders) compopt -o dirnames 2>/dev/null || COMPREPLY=($(compgen -d -- "$2")) ;;
        list | open) compopt -o nospace 2>/dev/null ;;
    esac
}

complete -o nosort -F _vodcb vodcb 2>/dev/null || complete -F _vodcb vodcb
