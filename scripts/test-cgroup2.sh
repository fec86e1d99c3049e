#!/usr/bin/env bash
# Runs the verdict, measurement and attack tests under control groups of version 2, in a small virtual machine.
#
# The machine is qemu without KVM, with Debian's kernel for clouds. Its root file system is in memory; it sees this
# machine's /usr (toolchains, container engine) and this repository over virtiofs, read-only, so that no image of a disk
# has to be made. A container engine is started inside.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: scripts/test-cgroup2.sh [--sandbox docker|native]… [--kernel FILE] [FILTER…]

Boots a virtual machine that has control groups of version 2 only, and runs tests in it: those whose names contain a
FILTER (default: verdicts:: measure:: attacks::), once for each sandbox (default: docker, native). Installs what it needs
(Debian 12 or newer on x86_64, as root). Its exit code is 0 when all passed.

  --sandbox NAME   run the tests on this sandbox only; can be given again
  --kernel FILE    boot the kernel of this Debian package, such as one without memory.peak, instead of the current one
  --list           list the tests that would run, and run none

SONOCODE_VM_SECONDS      seconds after which the machine is ended, as a failure (default: 3600)
SONOCODE_VM_BOOT_SECONDS seconds in which it must have booted; it is tried three times (default: 180)
SONOCODE_VM_TEST_SECONDS seconds that one test may take (default: 1200)
SONOCODE_VM_MEMORY_MIB   its memory (default: 4096)
SONOCODE_VM_CPUS         its processors (default: 2)
SONOCODE_TEST_SLOWNESS   how many times slower than real the tests should take it to be (default: 10)
USAGE
}

say() { printf 'cgroup2: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

main() {
    sandboxes=()
    filters=()
    package=
    list=
    while (($#)); do
        case $1 in
            -h | --help)
                usage
                exit 0
                ;;
            --sandbox)
                case ${2:-} in
                    docker | native) sandboxes+=("$2") ;;
                    *) fail "--sandbox wants docker or native" ;;
                esac
                shift
                ;;
            --kernel)
                [[ -r ${2:-} ]] || fail "--kernel wants a package of Debian's, such as linux-image-*-cloud-amd64_*.deb"
                package=$(realpath "$2")
                shift
                ;;
            --list) list=1 ;;
            -*)
                usage >&2
                exit 2
                ;;
            *) filters+=("$1") ;;
        esac
        shift
    done
    ((${#sandboxes[@]})) || sandboxes=(docker native)
    ((${#filters[@]})) || filters=(verdicts:: measure:: attacks::)

    CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
    repository=$PWD
    # A distribution's own Rust is too old for this project, so rustup's comes first.
    PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin

    check_host
    install_parts
    build_tests
    choose_tests
    if [[ -n $list ]]; then
        cat "$work/tests"
        return
    fi
    find_kernel
    find_parser
    make_guest
    run_guest
}

# ---------------------------------------------------------------- parts

check_host() {
    [[ $(uname -s)-$(uname -m) == Linux-x86_64 ]] || fail "this needs Linux on x86_64, and this is $(uname -s) on $(uname -m)"
    [[ $(id -u) -eq 0 ]] || fail "this needs root; mend: sudo $0"
    has apt-get || fail "this installs Debian's packages, and there is no apt-get here"
    has cargo || fail "no cargo here; install Rust with rustup, https://rustup.rs"
}

update_lists() {
    [[ -z ${SONOCODE_APT_UPDATED:-} ]] || return 0
    apt-get update -qq >/dev/null || say "apt-get update had errors; going on with what it has"
    export SONOCODE_APT_UPDATED=1
}

install_parts() {
    scripts/test.sh --toolchains
    local packages=()
    has qemu-system-x86_64 || packages+=(qemu-system-x86)
    [[ -n $(find_busybox) ]] || packages+=(busybox-static)
    has cpio || packages+=(cpio)
    has dockerd || packages+=(docker.io)
    has curl || packages+=(curl)
    install_packages "${packages[@]}"
    # Part of Debian 12's qemu, later a package of its own.
    [[ -n $(find_virtiofsd) ]] || install_packages virtiofsd
    [[ -n $(find_virtiofsd) ]] || fail "the packages are installed, but there is no virtiofsd"
}

install_packages() {
    (($#)) || return 0
    say "installing $*"
    update_lists
    DEBIAN_FRONTEND=noninteractive apt-get install \
        -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
        "$@" </dev/null >/dev/null || fail "apt-get could not install: $*"
}

find_virtiofsd() {
    local place
    for place in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd; do
        if [[ -x $place ]]; then
            echo "$place"
            return
        fi
    done
}

# The machine starts with nothing but this program, so it must need no library.
find_busybox() {
    local place
    place=$(command -v busybox) || return 0
    if LC_ALL=C grep -aqE '/ld-linux[^/]*\.so' "$place"; then return 0; fi
    echo "$place"
}

build_tests() {
    say "building the tests"
    local executables began=$SECONDS
    executables=$(cargo test --no-run --locked --test it --message-format=json |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
    tests=$(grep '/it-[0-9a-f]*$' <<<"$executables" || true)
    [[ -x $tests ]] || fail "cargo built the tests, but does not say where they are: $executables"
    target=${tests%/*/deps/*}
    work=$target/cgroup2
    mkdir -p "$work"
    exec 9>"$work/lock"
    flock --nonblock 9 || {
        say "waiting for another run of this script"
        flock 9
    }
    say "the tests are built, in $((SECONDS - began)) s"
}

choose_tests() {
    "$tests" --list --format terse "${filters[@]}" | sed -n 's/: test$//p' >"$work/tests"
    [[ -s $work/tests ]] || fail "no test has one of these in its name: ${filters[*]}"
}

# Downloaded and unpacked, not installed: this machine keeps its own kernel.
find_kernel() {
    local name
    if [[ -n $package ]]; then
        name=$(basename "$package" .deb)
    else
        name=$(current_kernel)
        if [[ -z $name ]]; then
            update_lists
            name=$(current_kernel)
        fi
        [[ -n $name ]] || fail "apt-get knows no package linux-image-cloud-amd64; is this Debian?"
    fi
    kernel=$work/$name
    [[ -e $kernel/complete ]] && return
    rm -rf "$kernel"
    if [[ -z $package ]]; then
        download "$kernel" "$name"
        package=$(echo "$kernel"/*.deb)
    fi
    dpkg-deb -x "$package" "$kernel"
    rm -f "$kernel"/*.deb
    touch "$kernel/complete"
}

# Debian's kernel has AppArmor, and then a container engine loads a profile with this program.
find_parser() {
    local name=apparmor
    parser=$work/$name/sbin/apparmor_parser
    [[ -x $parser ]] && return
    update_lists
    download "$work/$name" "$name"
    dpkg-deb -x "$work/$name"/*.deb "$work/$name"
    [[ -x $parser ]] || fail "Debian's package $name holds no apparmor_parser"
}

download() { # FOLDER PACKAGE
    say "downloading $2"
    rm -rf "$1"
    mkdir -p "$1"
    # apt-get drops its privileges for a download where it can; here it cannot, and says so.
    (cd "$1" && apt-get download -qq "$2" 2>&1 | { grep -v 'unsandboxed' || true; })
}

current_kernel() {
    apt-cache depends linux-image-cloud-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1
}

# ---------------------------------------------------------------- the machine

# What it sees is `stage`: `skeleton` becomes its root, `usr` and `places/*` are mounted.
make_guest() {
    stage=$work/stage
    nonce=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
    rm -rf "$stage" "$work/initrd"
    mkdir -p "$stage"/{skeleton/etc,usr,places} "$work"/initrd/{bin,modules,proc,sys,dev,root}
    places=("$repository")
    case $target/ in
        "$repository"/*) ;;
        *) places+=("$target") ;;
    esac
    local at
    for at in "${!places[@]}"; do
        mkdir -p "$stage/places/$at"
        printf '%s\n' "${places[at]}" >"$stage/places/$at.path"
    done
    copy_settings
    mkdir -p "$stage/skeleton/opt"
    cp "$parser" "$stage/skeleton/opt/"
    cp "$work/tests" "$stage/tests"
    # A build that goes on beside must not change what is tested.
    cp "$tests" "$stage/it"
    guest_script >"$stage/guest.sh"
    make_initrd
}

copy_settings() {
    local path
    for path in /bin /sbin /lib /lib32 /lib64 /libx32; do
        if [[ -L $path ]]; then cp -a "$path" "$stage/skeleton/"; fi
    done
    for path in /etc/{alternatives,ld.so.cache,ld.so.conf,ld.so.conf.d,passwd,group,nsswitch.conf,os-release} /etc/java*; do
        if [[ -e $path ]]; then cp -a "$path" "$stage/skeleton/etc/"; fi
    done
}

make_initrd() {
    local module
    for module in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci fuse virtiofs overlay; do
        # One that is missing is built into the kernel; if it is not, the mount of the root fails.
        find "$kernel" -name "$module.ko*" -exec cp {} "$work/initrd/modules/" \;
    done
    cp "$(find_busybox)" "$work/initrd/bin/busybox"
    cat >"$work/initrd/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
# Some need others; in a few turns they are all there.
for turn in 1 2 3 4 5; do
    for module in /modules/*; do
        insmod "$module" 2>/dev/null && rm "$module"
    done
done
mount -t tmpfs -o size=75% root /root
mkdir -p /root/stage
mount -t virtiofs -o ro host /root/stage || echo "this machine's files cannot be mounted"
cp -a /root/stage/skeleton/. /root
cd /root
mkdir -p usr proc sys dev tmp run var/log root
chmod 1777 tmp
mount --bind stage/usr usr
cp /bin/busybox busybox
for kept in proc sys dev; do mount --move "/$kept" "/root/$kept"; done
exec switch_root /root /bin/bash /stage/guest.sh
INIT
    chmod +x "$work/initrd/init"
    (cd "$work/initrd" && find . | cpio --quiet -o -H newc) >"$work/initrd.cpio"
}

# Process 1 of the machine.
guest_script() {
    printf '%s=%q\n' repository "$repository" sandboxes "${sandboxes[*]}" nonce "$nonce" \
        test_seconds "${SONOCODE_VM_TEST_SECONDS:-1200}"
    printf 'export SONOCODE_TEST_SLOWNESS=%q\n' "${SONOCODE_TEST_SLOWNESS:-10}"
    cat <<'GUEST'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt HOME=/root LC_ALL=C.UTF-8
exec </dev/null
now() { cut -d ' ' -f 1 /proc/uptime; }
say() { echo "[$(now)] $*"; }
end() {
    say "$2"
    echo "status $nonce $1"
    /busybox poweroff -f
}

mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
# As systemd mounts it.
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
mount -t securityfs securityfs /sys/kernel/security
/busybox ip link set lo up
ln -s /proc/self/fd /dev/fd
for place in /stage/places/*.path; do
    path=$(cat "$place")
    mkdir -p "$path"
    mount --bind "${place%.path}" "$path"
done
cd "$repository" || end 1 "the repository is not there"
say "Linux $(uname -r), control groups: $(cat /sys/fs/cgroup/cgroup.controllers)"
for controller in cpu memory pids; do
    grep -qw $controller /sys/fs/cgroup/cgroup.controllers || end 1 "no controller for $controller"
done

engine() {
    export SONOCODE_ENGINE_DIR=/run/engine
    export DOCKER_HOST=unix:///run/engine/docker.sock
    scripts/engine.sh start || return
    say "$(docker info --format 'cgroup v{{.CgroupVersion}}, driver {{.CgroupDriver}}, {{.SecurityOptions}}' 2>/dev/null)"
}

# What a test says, as it comes.
quote() { sed -u -E -e '/^(running|test result|$)/d' -e 's/^test [^ ]+ \.\.\. //' -e 's/^(.{300}).*/\1 …/' -e 's/^/    /'; }

# Each in a process of its own, so that one that fails leaves nothing to the next.
run() {
    local began=$SECONDS failed=0 count=0 test
    export SONOCODE_TEST_SANDBOX=$1
    while read -r test; do
        local since=$SECONDS
        count=$((count + 1))
        timeout --kill-after 10 "$test_seconds" /stage/it --exact "$test" --test-threads 1 --nocapture </dev/null 2>&1 | quote
        local status=${PIPESTATUS[0]}
        if ((status)); then
            failed=$((failed + 1))
            say "FAIL $1 $test ($((SECONDS - since)) s, exit code $status)"
        else
            say "ok   $1 $test ($((SECONDS - since)) s)"
        fi
    done </stage/tests
    say "$1: $((count - failed)) of $count tests passed in $((SECONDS - began)) s"
    ((failed == 0))
}

code=0
for sandbox in $sandboxes; do
    if [[ $sandbox == docker ]]; then engine || end 1 "the container engine does not start"; fi
    run "$sandbox" || code=1
done
end $code "that was all"
GUEST
}

# A machine in emulation now and then hangs while it boots, for no fault of what is tested. One that is silent for too
# long is ended and started anew, the last time with the plainest settings; a machine that spoke is never started again.
run_guest() {
    local boot=${SONOCODE_VM_BOOT_SECONDS:-180} log=$work/console.log began=$SECONDS code=0 turn
    virtiofsd_pid=
    qemu_pid=
    trap end_guest EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    for turn in fast fast plain; do
        say "starting a machine of ${SONOCODE_VM_MEMORY_MIB:-4096} MiB ($turn) for: ${sandboxes[*]}"
        start_guest "$turn" "$log"
        wait_for_boot "$boot" "$log" && break
        say "the machine said nothing in $boot s; its console:"
        tail -n 20 "$log" >&2
        stop_guest
    done
    [[ -n $qemu_pid ]] || fail "no machine starts here"
    tail -n +1 --pid="$qemu_pid" -f "$log" 2>/dev/null | sed -u -e 's/\r$//' -e "/^status $nonce/d" || true
    wait "$qemu_pid" || code=$?
    qemu_pid=
    local status
    status=$(sed -n "s/^status $nonce \([0-9]*\)\r*\$/\1/p" "$log")
    case $status in
        0) say "all passed, in $((SECONDS - began)) s" ;;
        '') fail "the machine ended without a result after $((SECONDS - began)) s (qemu's exit code: $code)" ;;
        *) fail "not all passed, after $((SECONDS - began)) s; what the machine said is in $log" ;;
    esac
}

# Whether the machine's process 1 has said its first line; false when it is silent for longer, or has ended before.
wait_for_boot() { # SECONDS LOG
    local until=$((SECONDS + $1))
    until grep -q '\] Linux ' "$2"; do
        if ((SECONDS > until)) || ! kill -0 "$qemu_pid" 2>/dev/null; then return 1; fi
        sleep 0.2
    done
}

start_guest() { # fast|plain LOG
    local memory=${SONOCODE_VM_MEMORY_MIB:-4096} cpus=${SONOCODE_VM_CPUS:-2} socket=$work/files.sock
    # The time stamp counter is as good as the clock here, and the other clocks cost an exit from the emulation.
    local threads=multi words='loglevel=3 clocksource=tsc tsc=reliable'
    if [[ $1 == plain ]]; then
        threads=single
        cpus=1
        words='loglevel=6 earlyprintk=ttyS0'
    fi
    rm -f "$socket"
    : >"$2"
    # The mounts are seen by this process only, and gone with it.
    # shellcheck disable=SC2016 # the other shell's own
    unshare --mount --propagation private bash -euc '
        stage=$1 server=$2 socket=$3
        shift 3
        mount --rbind /usr "$stage/usr"
        at=0
        for place; do
            mount --bind "$place" "$stage/places/$at"
            at=$((at + 1))
        done
        exec "$server" --socket-path="$socket" -o source="$stage" -o cache=always -o sandbox=chroot
    ' bash "$stage" "$(find_virtiofsd)" "$socket" "${places[@]}" >"$work/files.log" 2>&1 9>&- &
    virtiofsd_pid=$!
    until [[ -S $socket ]]; do
        kill -0 "$virtiofsd_pid" 2>/dev/null || fail "virtiofsd did not start: $(tail -n 3 "$work/files.log")"
        sleep 0.05
    done
    nice -n 10 timeout --kill-after 10 "${SONOCODE_VM_SECONDS:-3600}" qemu-system-x86_64 \
        -nodefaults -no-user-config -display none -no-reboot \
        -machine q35,memory-backend=memory -accel "tcg,thread=$threads,tb-size=512" -cpu max,la57=off \
        -smp "$cpus" -m "$memory" \
        -object memory-backend-memfd,id=memory,size="${memory}M",share=on \
        -kernel "$(echo "$kernel"/boot/vmlinuz-*)" -initrd "$work/initrd.cpio" \
        -append "console=ttyS0 panic=-1 mitigations=off random.trust_cpu=on $words" \
        -serial file:"$2" \
        -chardev socket,id=files,path="$socket" \
        -device vhost-user-fs-pci,queue-size=1024,chardev=files,tag=host \
        </dev/null 9>&- &
    qemu_pid=$!
}

stop_guest() {
    local pid
    for pid in $qemu_pid $virtiofsd_pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    qemu_pid=
    virtiofsd_pid=
}

end_guest() {
    local code=$?
    trap - EXIT INT TERM
    stop_guest
    exit "$code"
}

main "$@"
