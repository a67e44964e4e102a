# shellcheck shell=bash
# bash completion for homeroom, made by 'homeroom help bash'; not to be edited here.

_homeroom()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command='' words='' files='' i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        recognize|watch|import|enroll|students|export|forget|rename|merge|split|consent|keys|backup|restore|class|lesson|attendance|seen|correct|show|estimate|record|serve|keeping|purge|evaluate|lambda|worker|workload|doctor|models|help|version) command=${COMP_WORDS[i]}; break ;;
        esac
    done
    COMPREPLY=()
    case $previous in
    --db) files=-f ;;
    --key-file) files=-f ;;
    --keyring) files=-f ;;
    --kms-key) return ;;
    --models) files=-d ;;
    --threads) return ;;
    --out | -o) files=-d ;;
    --fps) return ;;
    --format | -f) words='csv json' ;;
    --columns | -c) return ;;
    --false-present) return ;;
    --include) words='certain review' ;;
    --jobs | -j) return ;;
    --timeout) return ;;
    --students) return ;;
    --students-cache) return ;;
    --interval) return ;;
    --video) files=-f ;;
    --map) return ;;
    --namesakes) words='refuse skip' ;;
    --what) words='students json observations student audit' ;;
    --student) return ;;
    --queue-url) return ;;
    --reserve) return ;;
    --refresh) return ;;
    --part-min-mb) return ;;
    --stream) return ;;
    --subject) return ;;
    --consumer) return ;;
    --ack-wait) return ;;
    --max-deliver) return ;;
    --grace) return ;;
    --nats-user) return ;;
    --nats-password) return ;;
    --nats-token) return ;;
    --nats-creds) files=-f ;;
    --nats-ca) files=-f ;;
    --videos) files=-d ;;
    --mapping) files=-f ;;
    --count) return ;;
    --input) return ;;
    --output) return ;;
    --rate) return ;;
    --uploads) return ;;
    --poll) return ;;
    --durations) files=-f ;;
    --memory-mb) return ;;
    --price-gb-s) return ;;
    --price-calls) return ;;
    --new-key-file) files=-f ;;
    --kept) return ;;
    --photo) return ;;
    --name) return ;;
    --title) return ;;
    --zone) return ;;
    --late) return ;;
    --early) return ;;
    --from) return ;;
    --until) return ;;
    --start) return ;;
    --camera) return ;;
    --lesson) return ;;
    --note) return ;;
    --as) words='csv moodle canvas svg' ;;
    --class) return ;;
    --part) return ;;
    --seconds) return ;;
    --listen) return ;;
    --certificate) files=-f ;;
    --private-key) files=-f ;;
    --spool) files=-d ;;
    --strangers) files=-d ;;
    --gallery) return ;;
    --photos) return ;;
    --draws) return ;;
    --seed) return ;;
    --svg) files=-f ;;
    esac
    if [[ -n $words$files ]]; then
        :
    elif [[ $current == -* ]]; then
        words=' --db --key-file --keyring --kms-key --models --threads --json --quiet --verbose --help --version --insecure'
        case $command in
        recognize) words+=' --out --fps --whole-frames --format --columns --false-present --include --took --force --keep --jobs --timeout --students --students-cache' ;;
        watch) words+=' --fps --whole-frames --format --columns --false-present --include --keep --timeout --students --students-cache --once --interval' ;;
        import) words+=' --students --create-table --accept-lookalike --map --namesakes --zone' ;;
        enroll) words+=' --video --accept-lookalike --create' ;;
        export) words+=' --what --student' ;;
        forget) words+=' --yes --kept --photo' ;;
        rename) words+=' --name' ;;
        merge) words+=' --yes --undo' ;;
        consent) words+=' --yes' ;;
        keys) words+=' --yes --new-key-file' ;;
        restore) words+=' --yes' ;;
        class) words+=' --yes --title --zone --late --early --from --until --not-any-more' ;;
        lesson) words+=' --fps --whole-frames --false-present --timeout --yes --title --from --until --start --camera --guests --note' ;;
        attendance) words+=' --csv --as' ;;
        estimate) words+=' --fps --whole-frames --false-present --timeout --memory-mb --price-gb-s --price-calls --lesson' ;;
        record) words+=' --out --zone --class --now --part --seconds' ;;
        serve) words+=' --fps --whole-frames --false-present --timeout --listen --certificate --private-key --spool' ;;
        purge) words+=' --dry-run' ;;
        evaluate) words+=' --false-present --strangers --gallery --photos --singles --draws --seed --svg' ;;
        lambda) words+=' --out --fps --whole-frames --format --columns --false-present --include --timeout --students --students-cache --queue-url --reserve --refresh --part-min-mb --input' ;;
        worker) words+=' --out --fps --whole-frames --format --columns --false-present --include --timeout --students --students-cache --once --refresh --stream --subject --consumer --create-stream --ack-wait --max-deliver --grace --nats-user --nats-password --nats-token --nats-creds --nats-ca --input' ;;
        workload) words+=' --timeout --videos --mapping --count --input --output --rate --uploads --poll --clear --durations --memory-mb --price-gb-s --price-calls' ;;
        doctor) words+=' --out --false-present' ;;
        esac
    elif [[ -z $command ]]; then
        words='recognize watch import enroll students export forget rename merge split consent keys backup restore class lesson attendance seen correct show estimate record serve keeping purge evaluate lambda worker workload doctor models help version'
    else
        case $command in
        recognize) files=-f ;;
        watch) files=-f ;;
        import)
            if [[ $previous == import ]]; then words='students encoding'; else files=-f; fi
            ;;
        enroll) files=-f ;;
        split) files=-f ;;
        keys) files=-f ;;
        backup) files=-f ;;
        restore) files=-f ;;
        attendance)
            if [[ $previous == attendance ]]; then words='LESSON CLASS'; else files=-f; fi
            ;;
        seen)
            if [[ $previous == seen ]]; then words='LESSON CLASS'; else files=-f; fi
            ;;
        correct)
            if [[ $previous == correct ]]; then words='TRACK PERSON'; else files=-f; fi
            ;;
        show) files=-f ;;
        estimate) files=-f ;;
        help) words='recognize watch import enroll students export forget rename merge split consent keys backup restore class lesson attendance seen correct show estimate record serve keeping purge evaluate lambda worker workload doctor models help version' ;;
        esac
    fi
    if [[ -n $files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen "$files" -- "$current")
    elif [[ -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    fi
}
complete -F _homeroom homeroom
