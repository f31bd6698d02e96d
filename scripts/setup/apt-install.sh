#!/bin/sh
# apt-install.sh POLICY PACKAGE...: installs Debian packages without starting what they bring, as root.
#
# Debian starts a server while it installs it, and mosquitto would take port 1883 from the platform. POLICY, which is
# /usr/sbin/policy-rc.d outside of tests, is where a package asks whether it may. One that is there already is left
# as it is. Ours denies mosquitto alone, is gone when this script ends, and removes itself if this script was killed.
set -u
policy=$1
shift
export DEBIAN_FRONTEND=noninteractive
case " $* " in *' mosquitto '*) brings_server=yes ;; *) brings_server=no ;; esac

if [ $brings_server = yes ] && [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  cat > "$policy" <<POLICY
#!/bin/sh
# Of Yaguts' test setup, process $$. Safe to delete.
if kill -0 $$ 2>/dev/null; then
  case "\$1" in mosquitto|mosquitto.service) exit 101 ;; esac
  exit 0
fi
rm -f "$policy"
exit 0
POLICY
  chmod 755 "$policy"
fi

apt-get update -q
apt-get install -y -q --no-install-recommends "$@" || exit
if [ $brings_server = yes ]; then
  # Nor after the next start of the machine, nor where another policy has let it start.
  update-rc.d mosquitto disable
  service mosquitto stop
fi
exit 0
