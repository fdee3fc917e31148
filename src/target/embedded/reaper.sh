# Removes the private folder $1 when nobody needs it any more: when the program that made it and the
# supervisor of its server have both ended.
#
#   fd 0  a pipe that both hold open
folder=$1
trap '' HUP INT QUIT TERM
read -r word

# A small Linux has no `ps`, and other systems no /proc.
command_of() {
    { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null || ps -o args= -p "$1" 2>/dev/null
}

# The supervisor has ended the server, unless it was killed itself. The number alone could be
# anybody's by now.
if read -r server 2>/dev/null <"$folder/data/postmaster.pid"; then
    case $(command_of "$server") in
    *" -D $folder/data "*)
        kill -s QUIT "$server"
        tries=
        while [ -e "$folder/data/postmaster.pid" ] && [ "$tries" != xxxxx ]; do
            tries=x$tries
            sleep 1
        done
        ;;
    esac
fi
# Children of a killed server may still be writing.
tries=
until rm -rf "$folder" || [ "$tries" = xxxx ]; do
    tries=x$tries
    sleep 1
done
