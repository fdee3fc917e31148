# Runs one private Postgres and stops it when the program that started it ends, however it ends.
#
#   $1 the private folder
#   $2 the folder of the programs
#   $3… what initdb is to be told; none: the data is there already
#
#   fd 0  a pipe from the starter. A line: stop cleanly. Its end: stop at once.
#   fd 1  a pipe to the starter, which ends when the server has ended.
#   fd 2  a pipe to the reaper, which ends with this shell.
folder=$1 programs=$2
shift 2
exec 4>&2 2>>"$folder/server.log" 3>&1 1>&2

ready=yes
if [ $# -gt 0 ]; then
    "$programs/initdb" -D "$folder/data" "$@" </dev/null 3>&- 4>&- &&
        cat "$folder/settings" >>"$folder/data/postgresql.conf" || ready=
fi

server=
if [ "$ready" ]; then
    # Started before the signals are ignored, so that it does not inherit that.
    "$programs/postgres" -D "$folder/data" -k "$folder" </dev/null 4>&- &
    server=$!
fi
exec 3>&-
trap '' HUP INT QUIT TERM

# The number is signalled only while it is still the server's.
signal() {
    [ "$server" ] || return 0
    if read -r owner 2>/dev/null <"$folder/data/postmaster.pid" && [ "$owner" != "$server" ]; then
        return 0
    fi
    kill -s "$1" "$server" 2>/dev/null
}

if read -r word; then
    signal INT
    read -r word
    [ -e "$folder/data/postmaster.pid" ] || server=
fi
# A server that has no handlers yet ignores QUIT, as all background commands of a shell do, but not TERM.
signal TERM
signal QUIT
[ -z "$server" ] || wait "$server"
