#!/bin/sh
# Makes a Docker engine answer on this machine; install.sh --with-docker and scripts/test.sh call it.
#
# Only what this script started does it ever stop: the pid and start time of a dockerd that it launched itself are kept
# in a file, and a pid that belongs to another program by now is left alone.
set -eu

usage() {
    cat <<'USAGE'
Usage: scripts/engine.sh [start|stop|status]

  start    make a Docker engine answer: use the one that is there, else install Debian's (as root) and start it
  stop     end the dockerd that `start` launched; an engine started by anything else is left alone
  status   say whether an engine answers (exit 0) or not (exit 1)

DOCKER_HOST             the engine to ask, unix://PATH or tcp://HOST:PORT (default: unix:///var/run/docker.sock)
SONOCODE_ENGINE_DIR     run a private second engine, without networks, that keeps everything in this directory
SONOCODE_ENGINE_WAIT    seconds to wait for the engine to answer (default: 300)
USAGE
}

say() { printf 'engine: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

main() {
    command=start
    [ $# -eq 0 ] || command=$1
    case $command in
        -h | --help | help) usage; exit 0 ;;
    esac
    [ $# -le 1 ] || { usage >&2; exit 2; }

    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # where dockerd and iptables are; an unprivileged PATH lacks them
    wait_seconds=${SONOCODE_ENGINE_WAIT:-300}
    places

    case $command in
        start) start ;;
        stop) stop ;;
        status) status ;;
        *) usage >&2; exit 2 ;;
    esac
}

# Where the engine listens and where a dockerd launched here keeps its things.
places() {
    private=${SONOCODE_ENGINE_DIR:-}
    default_host=unix:///var/run/docker.sock
    if [ -n "$private" ]; then
        case $private in
            /*) ;;
            *) private=$PWD/$private ;;
        esac
        host=unix://$private/docker.sock
        pid_file=$private/sonocode-dockerd.pid
        log=$private/dockerd.log
        docker_pid_file=$private/docker.pid
        containerd=$private/exec/containerd
    else
        host=${DOCKER_HOST:-$default_host}
        pid_file=/run/sonocode-dockerd.pid
        log=/var/log/sonocode-dockerd.log
        docker_pid_file=/var/run/docker.pid
        containerd=/var/run/docker/containerd
    fi
    containerd_pid_file=$containerd/containerd.pid
}

has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# ---------------------------------------------------------------- asking

# Does the engine's API answer? Sets `version` where it can be known.
answers() {
    version=
    case $host in
        unix://*) [ -S "${host#unix://}" ] || return 1 ;;
    esac
    if has curl; then
        case $host in
            unix://*) reply=$(ask --unix-socket "${host#unix://}" http://localhost/_ping) && good_reply && return 0 ;;
            tcp://*) reply=$(ask "http://${host#tcp://}/_ping") && good_reply && return 0 ;;
        esac
    fi
    # The client knows what curl does not: TLS, ssh:// and the rest.
    if has docker; then
        version=$(bounded docker -H "$host" version --format '{{.Server.Version}}' 2>/dev/null) && [ -n "$version" ]
    else
        return 1
    fi
}

ask() { curl --silent --fail --include --noproxy '*' --max-time 5 "$@" 2>/dev/null; }

good_reply() {
    version=$(printf '%s\n' "$reply" | tr -d '\r' | sed -n 's|^Server: Docker/\([^ ]*\).*|\1|p')
    [ "$(printf '%s\n' "$reply" | tail -n 1)" = OK ]
}

bounded() {
    if has timeout; then timeout 10 "$@"; else "$@"; fi
}

# The engine is there, but its socket is closed to this user.
locked_out() {
    case $host in
        unix://*) [ -S "${host#unix://}" ] && [ ! -w "${host#unix://}" ] ;;
        *) return 1 ;;
    esac
}

say_locked_out() {
    say "the socket ${host#unix://} is there, but $(id -un) may not open it."
    say "  mend: sudo usermod -aG docker $(id -un)    then log in again (members of that group are as good as root)"
}

say_answers() { say "the Docker engine${version:+ $version} answers at $host"; }

status() {
    if answers; then
        say_answers
        if ours=$(our_dockerd) && [ -n "$ours" ]; then
            say "this script started it (pid $ours); its log is $log"
        fi
    elif locked_out; then
        say_locked_out
        exit 1
    elif [ -S "${host#unix://}" ] && ! has curl && ! has docker; then
        say "there is a socket ${host#unix://}, but neither curl nor the docker client to ask the engine behind it with"
        say "  mend: install curl"
        exit 1
    else
        say "no Docker engine answers at $host"
        exit 1
    fi
}

# ---------------------------------------------------------------- processes

# The start time of a live process, nothing when there is none. After the command's closing parenthesis, the state is the
# first field of /proc/PID/stat and the start time the twentieth.
started_at() {
    fields=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 0
    # shellcheck disable=SC2086 # split on purpose
    set -- $fields
    [ $# -ge 20 ] && [ "$1" != Z ] || return 0
    echo "${20}"
}

# A live process of that name; one that ended and waits for its parent to notice still has its name, but no start time.
runs_as() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] && [ -n "$(started_at "$1")" ]; }

# The pid of the dockerd that this script launched, if it still lives.
our_dockerd() {
    [ -r "$pid_file" ] || return 0
    { read -r pid && read -r since; } <"$pid_file" || return 0
    [ "$(started_at "$pid")" = "$since" ] && runs_as "$pid" dockerd || return 0
    echo "$pid"
}

# The pid of a dockerd that somebody started with the same pid file.
any_dockerd() {
    pid=$(cat "$docker_pid_file" 2>/dev/null) && [ -n "$pid" ] && runs_as "$pid" dockerd || return 0
    echo "$pid"
}

# A pid file that outlived its process stops the next dockerd when the number has gone to another program, and makes it
# signal that program when it ends. Machines whose /run is on disk keep such files across restarts.
drop_stale() {
    [ -s "$1" ] || return 0
    pid=$(cat "$1")
    if ! runs_as "$pid" "$2"; then
        say "removing $1: it names process $pid, which is no $2"
        rm -f "$1"
    fi
}

# ---------------------------------------------------------------- start

start() {
    if answers; then
        say_answers
        return 0
    fi
    [ -n "$private" ] || [ "$host" = "$default_host" ] || {
        say "no engine answers at DOCKER_HOST=$host, and only the default one can be started here."
        fail "  mend: start that engine, or: unset DOCKER_HOST"
    }
    [ "$(uname -s)" = Linux ] || fail "only on Linux can an engine be started here; start Docker Desktop, then try again"
    if ! is_root; then
        start_with_sudo
        return 0
    fi

    lock
    install_engine
    ensure_client
    if answers; then # the package may have started it, or whoever held the lock
        say_answers
        return 0
    fi
    if [ -z "$private" ] && [ -d /run/systemd/system ]; then
        start_by_systemd
    else
        start_by_hand
    fi
    say_answers
}

start_with_sudo() {
    if locked_out && [ -n "$(any_dockerd)" ]; then
        say_locked_out
        exit 1
    fi
    say "no Docker engine answers at $host; to start one needs root"
    has sudo || fail "  mend: run this again as root (su -); there is no sudo here"
    say "using sudo for: $0 start"
    sudo env SONOCODE_ENGINE_DIR="$private" SONOCODE_ENGINE_WAIT="$wait_seconds" sh "$0" start || exit $?
    if answers; then
        return 0
    fi
    say_locked_out
    exit 1
}

# One start at a time. What is launched meanwhile must not inherit descriptor 9, or it would hold the lock for its life.
lock() {
    has flock || return 0
    [ -z "$private" ] || mkdir -p "$private"
    exec 9>"$pid_file.lock"
    flock 9
}

install_engine() {
    packages=
    has dockerd || packages="docker.io ca-certificates"
    has iptables || [ -n "$private" ] || packages="$packages iptables"
    # With AppArmor in the kernel, dockerd loads a profile for every container, with this tool.
    if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
        has apparmor_parser || packages="$packages apparmor"
    fi
    packages=${packages# }
    [ -n "$packages" ] || return 0

    is_debian || {
        say "no Docker engine answers at $host, and only on Debian and Ubuntu are packages installed from here."
        say "  missing: $packages"
        say "  mend: install your distribution's Docker engine, then start it"
        fail "        (Fedora: dnf install moby-engine; Arch: pacman -S docker; Alpine: apk add docker)"
    }
    say "installing $packages (this can take a minute)"
    apt_install "$packages"
    has dockerd || fail "the packages are installed, but there is still no dockerd on PATH"
}

is_debian() {
    has apt-get && (
        # shellcheck source=/dev/null
        . /etc/os-release
        case " ${ID:-} ${ID_LIKE:-} " in
            *' debian '* | *' ubuntu '*) true ;;
            *) false ;;
        esac
    )
}

apt_install() {
    if [ -z "${SONOCODE_APT_UPDATED:-}" ]; then
        apt-get update -qq >/dev/null 9>&- || say "apt-get update had errors; going on with what it has"
        export SONOCODE_APT_UPDATED=1
    fi
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get install \
        -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
        $1 </dev/null >/dev/null 9>&- ||
        fail "apt-get could not install: $1"
}

# Newer Debian releases ship the engine without its client; without curl as well nothing here could ask it.
ensure_client() {
    has curl || has docker || ! is_debian || apt_install curl
    has curl || has docker || fail "neither curl nor the docker client is here to ask an engine with; install one of them"
}

start_by_systemd() {
    say "starting the docker service (systemd)"
    reason=
    systemctl start docker 9>&- || reason="systemctl start docker failed"
    [ -n "$reason" ] || wait_until_answers '' || reason="it did not answer at $host within $wait_seconds s"
    [ -n "$reason" ] || return 0
    say "the Docker engine did not start: $reason. The last lines of its journal:"
    journalctl --no-pager --lines 20 --unit docker >&2 || true
    exit 1
}

start_by_hand() {
    waiting_for=$(any_dockerd)
    if [ -n "$waiting_for" ]; then
        say "a dockerd runs already (pid $waiting_for); waiting for it to answer at $host"
        ! wait_until_answers "$waiting_for" || return 0
        [ -z "$(any_dockerd)" ] || fail "dockerd (pid $waiting_for) runs, but does not answer at $host; look at its log"
        say "it has ended"
    fi
    drop_stale "$docker_pid_file" dockerd
    drop_stale "$containerd_pid_file" containerd
    check_cgroups
    while :; do
        dead=$(dead_containers)
        launch
        ! wait_until_answers "$launched" || break
        if clears_away; then
            say "dockerd gave up while its containerd was clearing away what an engine that was killed left: $left of $dead containers are left; again"
            drop_stale "$containerd_pid_file" containerd
            continue
        fi
        explain
        end_process "$launched" || true
        rm -f "$pid_file"
        exit 1
    done
    say "started dockerd (pid $launched); \`scripts/engine.sh stop\` ends it"
}

# How many containers an engine that was killed has left with its containerd.
dead_containers() {
    set -- "$containerd"/daemon/io.containerd.runtime.v2.task/*/*
    if [ -e "$1" ]; then echo $#; else echo 0; fi
}

# Did dockerd end only because its containerd, which it gives 15 s, had to clear too many of them away, and cleared some?
# Sets `left`.
clears_away() {
    left=$(dead_containers)
    [ -z "$(started_at "$launched")" ] && complains_of 'timeout waiting for containerd' && [ "$left" -lt "$dead" ]
}

# Sets `launched`. In its own session, so that neither Ctrl-C nor the end of this terminal reaches it.
launch() {
    set -- dockerd
    if [ -n "$private" ]; then
        mkdir -p "$private"
        set -- "$@" --host "$host" --data-root "$private/data" --exec-root "$private/exec" --pidfile "$docker_pid_file" \
            --bridge none --iptables=false \
            --containerd-namespace sonocode --containerd-plugins-namespace sonocode-plugins
    fi
    say "starting dockerd; its log is $log"
    # A background process of a script leads no group, so setsid does not fork: $! is dockerd itself.
    if has setsid; then
        setsid "$@" </dev/null >"$log" 2>&1 9>&- &
    else
        nohup "$@" </dev/null >"$log" 2>&1 9>&- &
    fi
    launched=$!
    printf '%s\n%s\n' "$launched" "$(started_at "$launched")" >"$pid_file"
}

# Polls until the engine answers; gives up when the time is over or, with a pid, when that process and every other
# dockerd is gone.
wait_until_answers() {
    deadline=$(($(date +%s) + wait_seconds))
    until answers; do
        if [ -n "$1" ] && [ -z "$(started_at "$1")" ] && [ -z "$(any_dockerd)" ]; then
            return 1
        fi
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}

check_cgroups() {
    missing=
    for controller in cpu memory pids; do
        has_controller "$controller" || missing="$missing $controller"
    done
    [ -n "$missing" ] || return 0
    say "warning: no cgroup controller for:$missing; containers cannot be limited without"
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        say "  the kernel or whoever started this machine keeps them off; for memory, the kernel parameter is cgroup_enable=memory"
    elif mounted_v1 | grep -q .; then
        for controller in $missing; do
            say "  mend: mkdir -p /sys/fs/cgroup/$controller && mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller"
        done
    else
        say "  no cgroup file system is mounted. mend: mount -t cgroup2 cgroup2 /sys/fs/cgroup"
    fi
}

has_controller() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        grep -qw "$1" /sys/fs/cgroup/cgroup.controllers
    else
        mounted_v1 | tr ',' '\n' | grep -qx "$1"
    fi
}

# The options of every mounted cgroup v1 hierarchy, its controllers among them.
mounted_v1() { sed -n 's/.* - cgroup [^ ]* //p' /proc/self/mountinfo; }

explain() {
    if [ -z "$(started_at "$launched")" ]; then
        say "dockerd ended without answering. The last lines of $log:"
    else
        say "dockerd did not answer at $host within $wait_seconds s. The last lines of $log:"
    fi
    tail -n 15 "$log" | cut -c 1-400 | sed 's/^/    /' >&2
    reason=$(complaints | tail -n 1 | sed 's/^time="[^"]*" //') || true
    [ -z "$reason" ] || say "the reason it gives: $reason"
    if complains_of 'cgroup'; then
        say "the control groups are not mounted here. mend: mount -t cgroup2 cgroup2 /sys/fs/cgroup"
    elif complains_of 'iptables|nf_tables|network controller'; then
        say "its network could not be set up: may the kernel load the iptables modules, and does this process have CAP_NET_ADMIN?"
    elif complains_of 'operation not permitted|permission denied'; then
        say "this machine seems to be a container without the rights an engine needs: give it --privileged, or its host's /var/run/docker.sock"
    elif complains_of 'no space left'; then
        say "the disk is full"
    fi
}

complaints() { grep -vE 'level=(debug|info|warning)' "$log" | cut -c 1-400; }
complains_of() { complaints | grep -qiE "$1"; }

# ---------------------------------------------------------------- stop

stop() {
    ours=$(our_dockerd)
    if [ -z "$ours" ]; then
        if answers; then
            say "this script did not start the engine at $host: leaving it alone"
        else
            say "nothing to stop"
        fi
        return 0
    fi
    if ! is_root; then
        has sudo || fail "to stop dockerd (pid $ours) needs root"
        say "to stop dockerd (pid $ours) needs root: using sudo"
        sudo env SONOCODE_ENGINE_DIR="$private" sh "$0" stop
        return 0
    fi
    end_process "$ours" || fail "dockerd (pid $ours) was asked to end, but has not within 60 s; look at $log"
    rm -f "$pid_file"
    say "stopped dockerd (pid $ours)"
}

# Asks a process to end and waits until it has; dockerd ends its containers first.
end_process() {
    since=$(started_at "$1")
    [ -n "$since" ] || return 0
    kill -TERM "$1" 2>/dev/null || return 0
    tries=300
    while [ "$(started_at "$1")" = "$since" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.2
    done
}

main "$@"
