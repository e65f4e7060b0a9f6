# A machine with the module, in a virtual machine: what was uploaded is still there after a reboot. One test for each
# database. NOT YET RUN: it needs nixpkgs, see docs/nix.md.
{ self, database }:
let
  password = "three or four words";
in
{
  name = "vitrine-${database}";

  nodes.machine = {
    imports = [ self.nixosModules.default ];

    services.vitrine = {
      enable = true;
      database.type = database;
      settings.admin_username = "ada";
      passwordFiles.admin_password = "/etc/vitrine-password";
    };
    # In the store, where everyone can read it: good enough for a test only.
    environment.etc."vitrine-password".text = password;
    environment.etc."menu.webp".source = ../src/testkit/testdata/picture.webp;
    virtualisation.memorySize = 2048;
  };

  testScript = ''
    import json

    base = "http://localhost:8080"


    def ready():
        machine.wait_for_unit("vitrine.service")
        machine.wait_until_succeeds(f"curl --fail --silent {base}/readyz")


    def signed_in():
        machine.succeed(
            "rm -f /tmp/cookies",
            "curl --fail --silent --show-error --cookie-jar /tmp/cookies --output /dev/null"
            f" --data-urlencode username=ada --data-urlencode 'password=${password}' {base}/login",
        )


    def media():
        answer = machine.succeed(f"curl --fail --silent --cookie /tmp/cookies {base}/api/v1/media")
        return [(medium["id"], medium["file_url"]) for medium in json.loads(answer)["items"]]


    with subtest("it boots, and takes an upload"):
        ready()
        signed_in()
        machine.succeed(
            "curl --fail-with-body --silent --cookie /tmp/cookies --data-binary @/etc/menu.webp"
            f" --header 'Content-Type: image/webp' '{base}/api/v1/media?name=menu.webp'",
        )
        before = media()
        assert len(before) == 1, f"one picture was uploaded, and there are {before}"
        sum_before = machine.succeed("sha256sum < /etc/menu.webp")

    with subtest("the hardening is in force"):
        machine.succeed("systemd-analyze security --threshold=11 vitrine.service")
        process = machine.succeed("systemctl show --property=MainPID --value vitrine.service").strip()
        status = machine.succeed(f"cat /proc/{process}/status")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["NoNewPrivs"] == "1", status
        assert fields["CapEff"].strip("0") == "", status
        assert fields["Seccomp"] == "2", status
        assert "0" not in fields["Uid"].split(), status
        machine.fail(f"nsenter --target {process} --mount -- touch /etc/written")

    with subtest("after a reboot everything is still there"):
        machine.shutdown()
        machine.start()
        ready()
        signed_in()
        assert media() == before, f"before the reboot there was {before}, and now {media()}"
        sum_after = machine.succeed(
            f"curl --fail --silent --cookie /tmp/cookies {base}{before[0][1]} | sha256sum"
        )
        assert sum_after == sum_before, "the picture has changed"
  '';
}
