function __inetctl_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __inetctl_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __inetctl_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __inetctl_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __inetctl_parse_tokens -S
    set -l unparsed_tokens (__inetctl_tokens -pc)
    switch $unparsed_tokens[1]
    case 'inetctl'
        __inetctl_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'check'
            __inetctl_parse_subcommand 0 'c/config=' 'D/directory=+' 'format=' 'strict' 'version' 'h/help'
        case 'show'
            __inetctl_parse_subcommand -r 1 'c/config=' 'D/directory=+' 'format=' 'version' 'h/help'
        case 'explain'
            __inetctl_parse_subcommand 1 'c/config=' 'D/directory=+' 'json' 'version' 'h/help'
        case 'list'
            __inetctl_parse_subcommand 0 'control=' 'json' 'version' 'h/help'
        case 'status'
            __inetctl_parse_subcommand 1 'control=' 'json' 'version' 'h/help'
        case 'top'
            __inetctl_parse_subcommand 0 'control=' 'json' 'interval=' 'count=' 'version' 'h/help'
        case 'connections'
            __inetctl_parse_subcommand 1 'control=' 'json' 'version' 'h/help'
        case 'reload'
            __inetctl_parse_subcommand 0 'control=' 'json' 'dry-run' 'hard' 'version' 'h/help'
        case 'enable'
            __inetctl_parse_subcommand 1 'c/config=' 'D/directory=+' 'control=' 'json' 'no-reload' 'version' 'h/help'
        case 'disable'
            __inetctl_parse_subcommand 1 'c/config=' 'D/directory=+' 'control=' 'json' 'no-reload' 'version' 'h/help'
        case 'pause'
            __inetctl_parse_subcommand 1 'control=' 'json' 'version' 'h/help'
        case 'resume'
            __inetctl_parse_subcommand 1 'control=' 'json' 'version' 'h/help'
        case 'kill'
            __inetctl_parse_subcommand 1 'control=' 'json' 'signal=' 'version' 'h/help'
        case 'deny'
            __inetctl_parse_subcommand 2 'control=' 'json' 'version' 'h/help'
        case 'allow'
            __inetctl_parse_subcommand 1 'control=' 'json' 'version' 'h/help'
        case 'denied'
            __inetctl_parse_subcommand 0 'control=' 'json' 'version' 'h/help'
        case 'test'
            __inetctl_parse_subcommand 2 'control=' 'json' 'version' 'h/help'
        case 'metrics'
            __inetctl_parse_subcommand 0 'control=' 'json' 'version' 'h/help'
        case 'convert'
            __inetctl_parse_subcommand -r 1 'from=' 'to=' 'o/output=' 'version' 'h/help'
        case 'diff'
            __inetctl_parse_subcommand -r 1 'control=' 'json' 'version' 'h/help'
        case 'help'
            __inetctl_parse_subcommand -r 1 'version'
        end
    end
end

function __inetctl_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __inetctl_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __inetctl_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __inetctl_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__inetctl_tokens -p)
    if test -z "$(__inetctl_tokens -t)"
        set -l index (count (__inetctl_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'inetctl' -f
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'check' -d 'Check the configuration.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'show' -d 'Print services in their normal form, whatever they are written in.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'explain' -d 'Say in words what a service does, or what a key means.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'list' -d 'List the services of the running daemon.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'status' -d 'Show the state and counters of the daemon or one service.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'top' -d 'Watch the busiest services, refreshed in place.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'connections' -d 'List whom the daemon serves, by servers and by itself.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'reload' -d 'Let the daemon read its files again; print the difference and the findings.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'enable' -d 'Switch a service on in the files, then let the daemon read them.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'disable' -d 'Switch a service off in the files, then let the daemon read them.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'pause' -d 'Let a service take no new connections; they wait in its queue.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'resume' -d 'End a pause.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'kill' -d 'Signal the running servers of a service, or one of them; end what the daemon serves itself.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'deny' -d 'Lock a source out of all services.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'allow' -d 'End the lock-out of a source.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'denied' -d 'List the sources that are locked out.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'test' -d 'Ask whether a peer would be served now, and which rule says so.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'metrics' -d 'Print the daemon\'s metrics in OpenMetrics text.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'convert' -d 'Convert inetd.conf, xinetd files or systemd units to a service directory, or services to units.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'diff' -d 'Compare the files with the running daemon, or two configurations with each other.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl check" c config' -s 'c' -l 'config' -d 'The classic file, or \'none\'.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl check"' -s 'D' -l 'directory' -d 'A service directory, later ones override; or \'none\'. Repeatable.' -rfa '(__inetctl_complete_directories)'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl check" format' -l 'format' -d 'text for people, json for programs.' -rfka 'text json'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl check" strict' -l 'strict' -d 'Take warnings for errors in the exit status.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl check" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl check" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl show" c config' -s 'c' -l 'config' -d 'The classic file, or \'none\'.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl show"' -s 'D' -l 'directory' -d 'A service directory, later ones override; or \'none\'. Repeatable.' -rfa '(__inetctl_complete_directories)'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl show" format' -l 'format' -d 'conf is the flat syntax, json is for programs.' -rfka 'conf json'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl show" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl show" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl explain" -eq 1' -fka 'id service disable enabled disabled type flags rpc_version rpc_number socket_type protocol listen port bind interface v6only socket_user socket_group socket_mode backlog send_buffer receive_buffer tos ttl mark priority congestion bind_device freebind transparent broadcast multicast_group reuse_port defer_accept fast_open keepalive accept_filter wait user group groups login_class server argv0 server_args redirect redirect_proxy pass stderr env passenv umask nice rlimit_as rlimit_cpu rlimit_data rlimit_rss rlimit_stack rlimit_files working_directory root_directory oom_score_adjust io_priority cpu_affinity only_from no_access access_times libwrap max_load deny_time proxy_protocol proxy_from instances per_source source_prefix rate source_rate cps overflow log_type log_on_success log_on_failure log_address banner banner_success banner_fail mdns max_runtime idle_timeout stop_timeout idle_stop sandbox no_new_privileges capabilities private_tmp private_network private_pids protect_system protect_home system_calls landlock sandbox_fallback memory_max tasks_max cpu_quota cgroup'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl explain" c config' -s 'c' -l 'config' -d 'The classic file, or \'none\'.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl explain"' -s 'D' -l 'directory' -d 'A service directory, later ones override; or \'none\'. Repeatable.' -rfa '(__inetctl_complete_directories)'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl explain" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl explain" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl explain" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl list" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl list" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl list" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl status" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl status" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl status" -eq 1' -fka '(inetctl list 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl status" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl status" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl top" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl top" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl top" interval' -l 'interval' -d 'Seconds between refreshes.' -rfka ''
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl top" count' -l 'count' -d 'Refreshes before ending; without it until interrupted.' -rfka ''
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl top" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl top" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl connections" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl connections" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl connections" -eq 1' -fka '(inetctl list 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl connections" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl connections" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl reload" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl reload" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl reload" dry-run' -l 'dry-run' -d 'Only say what would happen.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl reload" hard' -l 'hard' -d 'Also end servers of removed services and of peers that are not allowed any more.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl reload" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl reload" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl enable" c config' -s 'c' -l 'config' -d 'The classic file, or \'none\'.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl enable"' -s 'D' -l 'directory' -d 'A service directory, later ones override; or \'none\'. Repeatable.' -rfa '(__inetctl_complete_directories)'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl enable" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl enable" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl enable" no-reload' -l 'no-reload' -d 'Leave the running daemon alone.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl enable" -eq 1' -fka '(inetctl list 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl enable" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl enable" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl disable" c config' -s 'c' -l 'config' -d 'The classic file, or \'none\'.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl disable"' -s 'D' -l 'directory' -d 'A service directory, later ones override; or \'none\'. Repeatable.' -rfa '(__inetctl_complete_directories)'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl disable" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl disable" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl disable" no-reload' -l 'no-reload' -d 'Leave the running daemon alone.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl disable" -eq 1' -fka '(inetctl list 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl disable" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl disable" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl pause" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl pause" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl pause" -eq 1' -fka '(inetctl list 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl pause" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl pause" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl resume" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl resume" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl resume" -eq 1' -fka '(inetctl list 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl resume" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl resume" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl kill" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl kill" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl kill" signal' -l 'signal' -d 'Name or number of the signal.' -rfka ''
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl kill" -eq 1' -fka '(inetctl list 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl kill" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl kill" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl deny" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl deny" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl deny" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl deny" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl allow" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl allow" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl allow" -eq 1' -fka '(inetctl denied 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl allow" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl allow" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl denied" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl denied" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl denied" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl denied" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl test" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl test" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_positional "inetctl test" -eq 1' -fka '(inetctl list 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl test" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl test" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl metrics" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl metrics" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl metrics" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl metrics" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl convert" from' -l 'from' -d 'What the paths are: auto, inetd, xinetd or systemd.' -rfka 'auto inetd xinetd systemd'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl convert" to' -l 'to' -d 'What to write: inetd.d or systemd.' -rfka 'inetd.d systemd'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl convert" o output' -s 'o' -l 'output' -d 'Where to write files.' -rfka ''
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl convert" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl convert" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl diff" control' -l 'control' -d 'Control socket of the daemon.' -rF
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl diff" json' -l 'json' -d 'Print JSON.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl diff" version' -l 'version' -d 'Show the version.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl diff" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'inetctl' -n '__inetctl_should_offer_completions_for_flags_or_options "inetctl help" version' -l 'version' -d 'Show the version.'
