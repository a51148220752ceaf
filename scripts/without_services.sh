#!/usr/bin/env bash
# Runs a command that installs packages so that the servers among them are neither started now nor at the next boot: tests
# run private ones (tests/servers). What was installed before keeps its services as they are.
#
# usage, as root: without_services.sh COMMAND [ARGUMENTS]
#
# - while it runs a policy-rc.d denies the starts, if there is none; one that is there is left as it is
# - PostgreSQL is told not to make a cluster, if it is not installed yet
# - afterwards the units of the servers that were not installed before are disabled and stopped
set -euo pipefail

policy=/usr/sbin/policy-rc.d
mark='# Written by without_services.sh of dcx, for as long as it runs.'
clusters=/etc/postgresql-common/createcluster.conf

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }

units=()
installed postgresql-common || units+=(postgresql)
installed redis-server || units+=(redis-server)

remove_policy() {
    if [ -f "$policy" ] && grep -qxF "$mark" "$policy"; then rm -f "$policy"; fi
}
trap remove_policy EXIT
# One of ours is of a run that was killed.
remove_policy
if [ ! -e "$policy" ]; then
    cat >"$policy" <<POLICY
#!/bin/sh
$mark
case "\$1" in
    postgresql | postgresql.service | postgresql@* | redis | redis-server | redis-server.service) exit 101 ;;
esac
exit 0
POLICY
    chmod 755 "$policy"
fi

if ! installed postgresql-common && [ ! -e "$clusters" ]; then
    mkdir -p "$(dirname "$clusters")"
    printf '%s\n' '# Written before PostgreSQL was installed for the tests of dcx, which make clusters of their own.' \
        '# Yours is made by: pg_createcluster VERSION main --start' 'create_main_cluster = false' >"$clusters"
fi

code=0
"$@" || code=$?

for unit in ${units[@]+"${units[@]}"}; do
    if ! installed "$unit" && ! installed "$unit-common"; then continue; fi
    if command -v systemctl >/dev/null; then
        # Without systemd running this takes the links away, which is all there is to do.
        systemctl --quiet disable "$unit.service" 2>/dev/null || echo "the unit $unit could not be disabled" >&2
        if [ -d /run/systemd/system ]; then systemctl stop "$unit.service"; fi
    elif command -v update-rc.d >/dev/null; then
        update-rc.d "$unit" disable
        if command -v service >/dev/null; then service "$unit" stop >/dev/null 2>&1 || true; fi
    fi
done
exit "$code"
