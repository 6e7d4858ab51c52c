#!/bin/bash

__inetctl_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__inetctl_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__inetctl_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__inetctl_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_inetctl() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __inetctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    check|show|explain|list|status|top|connections|reload|enable|disable|pause|resume|kill|deny|allow|denied|test|metrics|convert|diff|help)
        # Offer subcommand argument completions
        "_inetctl_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'check show explain list status top connections reload enable disable pause resume kill deny allow denied test metrics convert diff help' -- "${cur}"))
        ;;
    esac
}

_inetctl_check() {
    repeating_flags=()
    non_repeating_flags=(--strict --version -h --help)
    repeating_options=(-D --directory)
    non_repeating_options=(-c --config --format)
    __inetctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '-c'|'--config')
        __inetctl_add_completions -f
        return
        ;;
    '-D'|'--directory')
        __inetctl_add_completions -d
        return
        ;;
    '--format')
        __inetctl_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_inetctl_show() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=(-D --directory)
    non_repeating_options=(-c --config --format)
    __inetctl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-c'|'--config')
        __inetctl_add_completions -f
        return
        ;;
    '-D'|'--directory')
        __inetctl_add_completions -d
        return
        ;;
    '--format')
        __inetctl_add_completions -W 'conf'$'\n''json'
        return
        ;;
    esac
}

_inetctl_explain() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=(-D --directory)
    non_repeating_options=(-c --config)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-c'|'--config')
        __inetctl_add_completions -f
        return
        ;;
    '-D'|'--directory')
        __inetctl_add_completions -d
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W 'id'$'\n''service'$'\n''disable'$'\n''enabled'$'\n''disabled'$'\n''type'$'\n''flags'$'\n''rpc_version'$'\n''rpc_number'$'\n''socket_type'$'\n''protocol'$'\n''listen'$'\n''port'$'\n''bind'$'\n''interface'$'\n''v6only'$'\n''socket_user'$'\n''socket_group'$'\n''socket_mode'$'\n''backlog'$'\n''send_buffer'$'\n''receive_buffer'$'\n''tos'$'\n''ttl'$'\n''mark'$'\n''priority'$'\n''congestion'$'\n''bind_device'$'\n''freebind'$'\n''transparent'$'\n''broadcast'$'\n''multicast_group'$'\n''reuse_port'$'\n''defer_accept'$'\n''fast_open'$'\n''keepalive'$'\n''accept_filter'$'\n''wait'$'\n''user'$'\n''group'$'\n''groups'$'\n''login_class'$'\n''server'$'\n''argv0'$'\n''server_args'$'\n''redirect'$'\n''redirect_proxy'$'\n''pass'$'\n''stderr'$'\n''env'$'\n''passenv'$'\n''umask'$'\n''nice'$'\n''rlimit_as'$'\n''rlimit_cpu'$'\n''rlimit_data'$'\n''rlimit_rss'$'\n''rlimit_stack'$'\n''rlimit_files'$'\n''working_directory'$'\n''root_directory'$'\n''oom_score_adjust'$'\n''io_priority'$'\n''cpu_affinity'$'\n''only_from'$'\n''no_access'$'\n''access_times'$'\n''libwrap'$'\n''max_load'$'\n''deny_time'$'\n''proxy_protocol'$'\n''proxy_from'$'\n''instances'$'\n''per_source'$'\n''source_prefix'$'\n''rate'$'\n''source_rate'$'\n''cps'$'\n''overflow'$'\n''log_type'$'\n''log_on_success'$'\n''log_on_failure'$'\n''log_address'$'\n''banner'$'\n''banner_success'$'\n''banner_fail'$'\n''mdns'$'\n''max_runtime'$'\n''idle_timeout'$'\n''stop_timeout'$'\n''idle_stop'$'\n''sandbox'$'\n''no_new_privileges'$'\n''capabilities'$'\n''private_tmp'$'\n''private_network'$'\n''private_pids'$'\n''protect_system'$'\n''protect_home'$'\n''system_calls'$'\n''landlock'$'\n''sandbox_fallback'$'\n''memory_max'$'\n''tasks_max'$'\n''cpu_quota'$'\n''cgroup'
        return
        ;;
    esac
}

_inetctl_list() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac
}

_inetctl_status() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl list 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_top() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control --interval --count)
    __inetctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    '--interval')
        return
        ;;
    '--count')
        return
        ;;
    esac
}

_inetctl_connections() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl list 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_reload() {
    repeating_flags=()
    non_repeating_flags=(--json --dry-run --hard --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac
}

_inetctl_enable() {
    repeating_flags=()
    non_repeating_flags=(--json --no-reload --version -h --help)
    repeating_options=(-D --directory)
    non_repeating_options=(-c --config --control)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-c'|'--config')
        __inetctl_add_completions -f
        return
        ;;
    '-D'|'--directory')
        __inetctl_add_completions -d
        return
        ;;
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl list 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_disable() {
    repeating_flags=()
    non_repeating_flags=(--json --no-reload --version -h --help)
    repeating_options=(-D --directory)
    non_repeating_options=(-c --config --control)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-c'|'--config')
        __inetctl_add_completions -f
        return
        ;;
    '-D'|'--directory')
        __inetctl_add_completions -d
        return
        ;;
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl list 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_pause() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl list 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_resume() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl list 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_kill() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control --signal)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    '--signal')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl list 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_deny() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac
}

_inetctl_allow() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl denied 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_denied() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac
}

_inetctl_test() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __inetctl_add_completions -W "$(eval 'inetctl list 2>/dev/null | awk '\''NR > 1 { print $1 }'\''')"
        return
        ;;
    esac
}

_inetctl_metrics() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac
}

_inetctl_convert() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--from --to -o --output)
    __inetctl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--from')
        __inetctl_add_completions -W 'auto'$'\n''inetd'$'\n''xinetd'$'\n''systemd'
        return
        ;;
    '--to')
        __inetctl_add_completions -W 'inetd.d'$'\n''systemd'
        return
        ;;
    '-o'|'--output')
        return
        ;;
    esac
}

_inetctl_diff() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--control)
    __inetctl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--control')
        __inetctl_add_completions -f
        return
        ;;
    esac
}

_inetctl_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __inetctl_offer_flags_options -1
}

complete -o filenames -F _inetctl inetctl
